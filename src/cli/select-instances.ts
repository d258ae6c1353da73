import { Code, ConnectError, type Instance } from "../client/index.ts";
import { listInstances } from "./list-instances.ts";
import type { Session } from "./session.ts";

/** Instances that were asked for, and a failure for each name that cannot be one of them. */
export type Selection = {
  readonly instances: readonly Instance[];
  readonly names: readonly string[];
  readonly failures: readonly (readonly [name: string, error: Error])[];
};

/**
 * The instances with all of these labels as they are now; with names, only those among them.
 *
 * @throws ConnectError NOT_FOUND when no name was given and no instance has the labels
 */
export async function selectInstances(
  session: Session,
  names: readonly string[],
  labels: Readonly<Record<string, string>>,
): Promise<Selection> {
  const instances = await listInstances(session, { names: [...names], labels });
  const found = instances.map(({ name }) => name);
  if (found.length === 0 && names.length === 0) throw new ConnectError(noneWith(labels), Code.NotFound);
  return {
    instances,
    names: found,
    failures: names
      .filter((name) => !found.includes(name))
      .map((name) => [name, new ConnectError(`there is no instance "${name}" with the label ${labelText(labels)}`, Code.NotFound)]),
  };
}

/** Says that no instance has all of these labels. */
export function noneWith(labels: Readonly<Record<string, string>>): string {
  return `no instance has the label ${labelText(labels)}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}
