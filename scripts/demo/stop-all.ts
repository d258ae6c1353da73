import { createHostClient, type HostClient } from "../../src/client/index.ts";

/** Ends the installation that runs, stops every instance at once and says of each how it went. @returns the exit code: 1 when one could not be stopped */
export async function stopAll(address: string): Promise<number> {
  const client = createHostClient({ address });
  try {
    if ((await client.installation.cancelInstall({})).changed) process.stdout.write("the installation: cancelled\n");
    const names = await allNames(client);
    const results = await Promise.allSettled(names.map((name) => client.instances.stopInstance({ name })));
    for (const [index, result] of results.entries()) {
      const name = names[index];
      if (result.status === "fulfilled") process.stdout.write(`${name}: stopped\n`);
      else process.stderr.write(`${name}: ${result.reason instanceof Error ? result.reason.message : result.reason}\n`);
    }
    return results.every(({ status }) => status === "fulfilled") ? 0 : 1;
  } finally {
    client.close();
  }
}

async function allNames({ instances }: HostClient): Promise<string[]> {
  const names: string[] = [];
  let pageToken = "";
  do {
    const page = await instances.listInstances({ pageToken });
    names.push(...page.instances.map(({ name }) => name));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return names;
}
