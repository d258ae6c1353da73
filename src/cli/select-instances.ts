import { Code, ConnectError } from "../client/index.ts";
import { listInstances } from "./list-instances.ts";
import type { Session } from "./session.ts";

/** Instances that were asked for, and a failure for each name that cannot be one of them. */
export type Selection = { readonly names: readonly string[]; readonly failures: readonly (readonly [name: string, error: Error])[] };

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
  const found = (await listInstances(session, { names: [...names], labels })).map(({ name }) => name);
  const wanted = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
  if (found.length === 0 && names.length === 0) throw new ConnectError(`no instance has the label ${wanted}`, Code.NotFound);
  return {
    names: found,
    failures: names
      .filter((name) => !found.includes(name))
      .map((name) => [name, new ConnectError(`there is no instance "${name}" with the label ${wanted}`, Code.NotFound)]),
  };
}
