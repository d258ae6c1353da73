/** A generated enum: value names without their prefix, to numbers. */
type GeneratedEnum = Readonly<Record<string, number>>;

/** Both directions between the names of a domain union and the numbers of a generated enum. */
export type EnumTable<Name extends string, Value extends number> = {
  /** The number of a name. */
  toProto(name: Name): Value;
  /** The name of a number; undefined for UNSPECIFIED. @throws RangeError for a number that this release does not know */
  fromProto(value: number): Name | undefined;
  /** The name of a number. @throws RangeError for UNSPECIFIED and for a number that this release does not know */
  required(value: number): Name;
  /** Every name, for filters and tests. */
  readonly names: readonly Name[];
};

/** Resolves to the enum when its names are exactly those of the union, else to a text that the compiler shows. */
type Total<Name extends string, Enum extends GeneratedEnum> = [Exclude<keyof Enum, Name | "UNSPECIFIED">] extends [never]
  ? [Exclude<Name, keyof Enum>] extends [never]
    ? Enum
    : `the enum lacks ${Exclude<Name, keyof Enum> & string}`
  : `the union lacks ${Exclude<keyof Enum, Name | "UNSPECIFIED"> & string}`;

/**
 * Derives a table from a generated enum. It does not compile unless union and enum have the same names, so that a new
 * value in the contract cannot be forgotten here.
 *
 * @param label the enum's name, for errors
 */
export function enumTable<Name extends string>() {
  return <const Enum extends GeneratedEnum>(label: string, values: Enum & Total<Name, Enum>): EnumTable<Name, Enum[Name & keyof Enum]> => {
    const numbers = { ...(values as Enum) } as Record<Name, Enum[Name & keyof Enum]>;
    const known = Object.keys(values).filter((name) => name !== "UNSPECIFIED") as Name[];
    const names = new Map<number, Name>(known.map((name) => [numbers[name], name]));
    const fromProto = (value: number): Name | undefined => {
      const name = names.get(value);
      if (name === undefined && value !== 0)
        throw new RangeError(`${label} has no value ${value} in this release; the other side may be newer`);
      return name;
    };
    return {
      toProto: (name) => numbers[name],
      fromProto,
      required: (value) => {
        const name = fromProto(value);
        if (name === undefined) throw new RangeError(`${label} is not specified`);
        return name;
      },
      names: known,
    };
  };
}
