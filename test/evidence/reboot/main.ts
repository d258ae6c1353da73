/**
 * Reboots a host, with a healthy and with a broken daemon, and restarts, kills and upgrades its daemon and PID 1 in a random
 * order. Proves: what is wished to run is back after a boot, and nothing else; everything but a boot leaves running games
 * alone: the same process, the same invocation.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { importBuild, WaitFor } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import { installSystemd } from "../../hosts/prepared-host.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { archiveOf } from "../power-cut/contents.ts";
import { inspectUnits } from "../power-cut/inspect.ts";
import { Random } from "../random.ts";

const names = ["boot-1", "boot-2", "boot-3", "boot-4", "boot-5", "boot-6"];
const firstPort = 27_320;

/** What must not touch a running game. */
const harmless = {
  "restart of the daemon": "systemctl restart left4me-hostd.service",
  "SIGKILL of the daemon": "systemctl kill -s KILL left4me-hostd.service",
  "stop and start of the daemon": "systemctl stop left4me-hostd.service; systemctl start left4me-hostd.service",
  "daemon-reload": "systemctl daemon-reload",
  "daemon-reexec": "systemctl daemon-reexec",
  // What dpkg does: other files in the same places, daemon-reload, a restart of the daemon.
  upgrade: `${installSystemd}; systemd-tmpfiles --create left4me.conf; systemctl daemon-reload; systemctl restart left4me-hostd.service`,
} as const;
const boots = ["reboot", "reboot with a broken daemon"] as const;
const actions = [...(Object.keys(harmless) as (keyof typeof harmless)[]), ...boots];

export const reboot: Evidence = {
  title: "reboots, and restarts and upgrades of the daemon, under running games (root, test hosts)",
  rounds: { short: actions.length, long: 48 },
  async run(options) {
    const host = await BootingHost.create("reboot");
    try {
      return await rebootAgainAndAgain(host, options);
    } finally {
      await host.end();
    }
  },
};

async function rebootAgainAndAgain(host: BootingHost, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  const random = new Random(seed);
  await importBuild(host.client, archiveOf("build", "one"));
  for (const [index, name] of names.entries()) await host.client.instances.initializeInstance({ name, spec: { port: firstPort + index } });
  const problems: string[] = [];
  const figures: Record<string, number> = { gamesThatWereToStay: 0, gamesThatWereToReturn: 0 };
  let queue: (typeof actions)[number][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    if (queue.length === 0) queue = random.shuffled(actions);
    const action = queue.pop() ?? "reboot";
    figures[action] = (figures[action] ?? 0) + 1;
    await wishAtRandom(host, random);
    const before = await games(host);
    const found =
      action in harmless
        ? await staysTheSame(host, harmless[action as keyof typeof harmless], before)
        : await returns(host, action, before);
    const running = before.filter(({ active }) => active).length;
    const key = action in harmless ? "gamesThatWereToStay" : "gamesThatWereToReturn";
    figures[key] = (figures[key] ?? 0) + running;
    if (found.length > 0) found.push(await host.daemonLog());
    problems.push(...found.map((problem) => `round ${round}, ${action}: ${problem}`));
    log(`${round} of ${rounds}: ${action}, ${running} games; ${problems.length} problems`);
  }
  return { problems, figures };
}

async function wishAtRandom(host: BootingHost, random: Random): Promise<void> {
  const { instances } = host.client;
  await Promise.all(
    names.map((name) =>
      random.next() < 0.6 ? instances.startInstance({ name, waitFor: WaitFor.ACTIVE }) : instances.stopInstance({ name }),
    ),
  );
}

type Game = Awaited<ReturnType<BootingHost["gameOf"]>>;

const games = (host: BootingHost): Promise<Game[]> => Promise.all(names.map((name) => host.gameOf(name)));

async function staysTheSame(host: BootingHost, script: string, before: readonly Game[]): Promise<string[]> {
  await host.sh(script);
  const problems = differences(before, await games(host), "it happened");
  await host.sh("systemctl start left4me-hostd.service");
  await host.atRest();
  problems.push(...differences(before, await games(host), "the daemon was back"), ...(await inspectUnits(host)));
  return problems;
}

function differences(before: readonly Game[], now: readonly Game[], when: string): string[] {
  return names.flatMap((name, index) =>
    before[index]?.active === now[index]?.active &&
    (before[index]?.active !== true || JSON.stringify(before[index]) === JSON.stringify(now[index]))
      ? []
      : [`${name} was ${JSON.stringify(before[index])}; after ${when} it is ${JSON.stringify(now[index])}`],
  );
}

async function returns(host: BootingHost, action: string, before: readonly Game[]): Promise<string[]> {
  const isBroken = action !== "reboot";
  await host.powerOff();
  await host.boot({ daemon: isBroken ? "broken" : "healthy" });
  const problems: string[] = [];
  let now = await games(host);
  const asWished = () => names.every((_, index) => now[index]?.active === before[index]?.active);
  for (const end = Date.now() + 120_000; Date.now() < end && !asWished(); now = await games(host)) await sleep(100);
  if (!asWished()) problems.push(`ran: ${JSON.stringify(before)}; after the boot: ${JSON.stringify(now)}`);
  if (isBroken) await host.mendDaemon();
  await host.atRest();
  if (isBroken) problems.push(...differences(now, await games(host), "the daemon was mended"));
  return [...problems, ...(await inspectUnits(host))];
}
