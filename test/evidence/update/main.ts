/**
 * `npm run evidence -- update`: games run on with open files while builds are installed and activated beside them.
 *
 * In a real host with systemd: N games run, each with a file of the build held open. Builds are installed, activated and rolled
 * back; meanwhile every mount is read as a whole again and again. No game may see a byte change, each new start uses the build that
 * is active then, and the roll-back works.
 */
import { type InstallJob, InstallPhase } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import type { Evidence, EvidenceResult } from "../evidence.ts";
import { buildFile, checksum, installGame, setSteam } from "../steam-host.ts";

const merged = (name: string) => `/var/lib/left4me/runtime/${name}/merged`;

const games = 10;

export const update: Evidence = {
  title: "10 games with open files while builds are installed, activated and rolled back beside them (root, test hosts)",
  rounds: { short: 1, long: 12 },
  async run({ rounds, log }) {
    const host = await BootingHost.create("update");
    try {
      return await updateBesideGames(host, rounds, log);
    } finally {
      await host.end();
    }
  },
};

async function updateBesideGames(host: BootingHost, updates: number, log: (text: string) => void): Promise<EvidenceResult> {
  const first = await installBuild(host, 100);
  const names = Array.from({ length: games }, (_, index) => `game-${index}`);
  await Promise.all(names.map((name, index) => start(host, name, 27_100 + index)));
  await holdOpen(host, names);
  const problems: string[] = [];
  const watched = await watchGames(host, names, problems);
  let last = first;
  for (let update = 1; update <= updates; update += 1) {
    last = await installBuild(host, 100 + update);
    problems.push(...(await freshStart(host, `fresh-${update}`, 27_200 + update, 100 + update)));
    log(`${update} of ${updates} installations beside ${games} games; ${problems.length} problems`);
  }
  await host.client.installation.activateBuild({ buildId: first.buildId });
  problems.push(...(await freshStart(host, "rolled-back", 27_299, 100)));
  const reads = await watched.end();
  const held = await readHeld(host, names);
  if (held.some((text) => text !== "build 100")) problems.push(`what was held open shows ${held.join()}`);
  await host.sh("systemctl stop holder");
  await host.client.installation.activateBuild({ buildId: last.buildId });
  for (const name of names) {
    await host.client.instances.restartInstance({ name });
    const seen = await seenBuild(host, name);
    if (seen !== `build ${100 + updates}`) problems.push(`${name}, restarted, runs on ${seen}`);
  }
  return { problems, figures: { games, updates, wholeReads: reads } };
}

async function installBuild(host: BootingHost, build: number): Promise<InstallJob> {
  const content = {
    big_files: [{ path: "left4dead2/pak01_000.vpk", bytes: 30_000_000 }],
    files: { [`left4dead2/new-${build}.txt`]: "new" },
  };
  setSteam(host, { build_id: String(build), download_ms: 1000, ...content });
  const job = await installGame(host.client);
  if (job.phase !== InstallPhase.SUCCEEDED) throw new Error(`the installation of ${build} failed: ${job.failure?.cause}`);
  return job;
}

/** Reads all that every game sees, again and again: whole before it resolves, and whole behind its end. */
async function watchGames(host: BootingHost, names: readonly string[], problems: string[]): Promise<{ end(): Promise<number> }> {
  let isOver = false;
  let reads = 0;
  const before = await readAll(host, names);
  const reading = (async () => {
    for (let isLast = false; !isLast; ) {
      isLast = isOver;
      const now = await readAll(host, names);
      reads += names.length;
      for (const [index, name] of names.entries()) if (now[index] !== before[index]) problems.push(`${name} sees other bytes than before`);
    }
  })();
  reading.catch((error: unknown) => problems.push(`a game could not be read: ${String(error)}`));
  return {
    end: async () => {
      isOver = true;
      await reading.catch(() => {});
      return reads;
    },
  };
}

async function start(host: BootingHost, name: string, port: number): Promise<void> {
  await host.client.instances.initializeInstance({ name, spec: { port } });
  await host.client.instances.startInstance({ name });
}

/** Starts a game of its own: it must run on the build that is active. */
async function freshStart(host: BootingHost, name: string, port: number, build: number): Promise<string[]> {
  await start(host, name, port);
  const seen = await seenBuild(host, name);
  await host.client.instances.deleteInstance({ name });
  return seen === `build ${build}` ? [] : [`a fresh start runs on ${seen}, not on build ${build}`];
}

async function seenBuild(host: BootingHost, name: string): Promise<string> {
  return (await host.sh(`cat ${merged(name)}/${buildFile}`)).trim();
}

async function readAll(host: BootingHost, names: readonly string[]): Promise<string[]> {
  const text = await host.sh(names.map((name) => `(${checksum(merged(name))})`).join("\n"));
  return text.trim().split("\n");
}

/** A process of the host holds a file of every mount open, as a game does. */
async function holdOpen(host: BootingHost, names: readonly string[]): Promise<void> {
  const opened = names.map((name, index) => `exec ${10 + index}<${merged(name)}/${buildFile}`).join("; ");
  await host.sh(`systemd-run -q --unit holder --property=Type=exec bash -c '${opened}; exec sleep infinity'`);
}

async function readHeld(host: BootingHost, names: readonly string[]): Promise<string[]> {
  const pid = (await host.sh("systemctl show -P MainPID holder")).trim();
  return Promise.all(names.map(async (_, index) => (await host.sh(`cat /proc/${pid}/fd/${10 + index}`)).trim()));
}
