import { stringify } from "yaml";
import type { InstanceSpec, Labels } from "./instance-spec.ts";

/** A specification file as a value: what its YAML or JSON says. Defaults are left out. */
export type SpecFileValue = Readonly<Record<string, unknown>>;

/** What `parseSpecFile` reads as this specification and these labels. */
export function specFileValue(spec: InstanceSpec, labels: Labels): SpecFileValue {
  const { port, overlays, arguments: argumentList, config, preserve, resources, volatile, ...forgotten } = spec;
  forgotten satisfies Record<string, never>;
  return filledOnly({
    port,
    overlays: overlays.map(({ ref, alias }) => (alias === undefined ? ref : { path: ref, alias })),
    arguments: argumentList,
    config,
    labels,
    preserve,
    resources: resourcesValue(resources),
    volatile: volatile ? true : undefined,
  });
}

function resourcesValue(resources: InstanceSpec["resources"]): SpecFileValue {
  const { memoryHighBytes, memoryMaxBytes, tasksMax, cpuQuotaPercent, nice, ...forgotten } = resources;
  forgotten satisfies Record<string, never>;
  return filledOnly({
    memory_high: sizeOf(memoryHighBytes),
    memory_max: sizeOf(memoryMaxBytes),
    tasks_max: tasksMax,
    cpu_quota: cpuQuotaPercent === undefined ? undefined : `${cpuQuotaPercent}%`,
    nice,
  });
}

/** In the largest unit that loses nothing. */
function sizeOf(bytes: number | undefined): string | number | undefined {
  if (bytes === undefined) return undefined;
  const power = [4, 3, 2, 1].find((each) => bytes % 1024 ** each === 0);
  return power === undefined ? bytes : `${bytes / 1024 ** power}${"KMGT"[power - 1]}`;
}

/** Neither what is unset nor empty lists and mappings. */
function filledOnly(value: Record<string, unknown>): SpecFileValue {
  const isFilled = (member: unknown) => member !== undefined && (typeof member !== "object" || Object.keys(member ?? {}).length > 0);
  return Object.fromEntries(Object.entries(value).filter(([, member]) => isFilled(member)));
}

/** The file as YAML. No line is folded, and nothing in it commands a terminal. */
export function specFileYaml(value: SpecFileValue): string {
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  // Texts with these stand in double quotes, where the library leaves them as they are.
  return text.replace(/[\x7f-\x9f]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}
