/** The name of a value of one of the contract's enumerations, as in `STOPPED`; the number of one that is not known. */
export function enumName(values: Readonly<Record<string, number>>, value: number | undefined): string {
  return Object.keys(values).find((name) => values[name] === value) ?? String(value);
}
