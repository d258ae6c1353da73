import assert from "node:assert/strict";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pack } from "tar-stream";
import { importBuild, type ResourceUsage, WaitFor } from "../../src/client/index.ts";
import { BootingHost } from "./booting-host.ts";
import { show } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const name = "talks";

/** A game that sends itself a kilobyte ten times a second. */
const game = `#!/usr/bin/perl
use Socket;
socket(my $s, PF_INET, SOCK_DGRAM, 17) or die $!;
bind($s, sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
my $self = getsockname($s);
$SIG{INT} = $SIG{TERM} = sub { exit 0 };
while (1) { send($s, "x" x 1000, 0, $self); recv($s, my $got, 2000, 0); select(undef, undef, undef, 0.1) }
`;

function build(): Readable {
  const archive = pack();
  archive.entry({ name: "srcds_run", mode: 0o755 }, game);
  archive.entry({ name: "left4dead2/gameinfo.txt" }, "game\n");
  archive.finalize();
  return archive as unknown as Readable;
}

/** Whether the game has been asked about when it had already sent something; the first answer may come before. */
const hasReceived = ({ receiveBytes = 0n }: ResourceUsage) => receiveBytes > 0n;

describe("what an instance uses", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;

  before(async () => {
    host = await BootingHost.create("usage");
    await importBuild(host.client, build());
    await host.client.instances.initializeInstance({ name, spec: { port: 27_380 } });
    await host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
  });
  after(() => host?.end());

  /** Asks until what is used fits. */
  async function usage(fits: (usage: ResourceUsage) => boolean): Promise<ResourceUsage> {
    for (let tries = 0; tries < 480; tries += 1) {
      const { instance } = await host.client.instances.getInstance({ name });
      const found = instance?.status?.usage;
      if (found !== undefined && fits(found)) return found;
      await sleep(250);
    }
    throw new Error("not within 120 s");
  }

  it("is told with what it receives and sends, as systemd counts it", async () => {
    const { receiveBytes = 0n, transmitBytes = 0n, cpuTime } = await usage(hasReceived);
    assert.ok(cpuTime !== undefined);
    const counted = await show(host.name, `left4me-server@${name}`, "IPIngressBytes", "IPEgressBytes");
    for (const [told, property] of [
      [receiveBytes, "IPIngressBytes"],
      [transmitBytes, "IPEgressBytes"],
    ] as const)
      assert.ok(told > 0n && told <= BigInt(counted[property] ?? 0), `${told} of ${counted[property]} ${property}`);
    // Ten seconds later there are a hundred kilobytes more.
    const later = await usage((found) => (found.receiveBytes ?? 0n) > receiveBytes);
    assert.ok((later.receiveBytes ?? 0n) - receiveBytes > 50_000n, String(later.receiveBytes));
  });

  it("begins anew with each invocation", async () => {
    // Much more than comes until the next one is looked at: systemd is asked every ten seconds, and the machine may be busy.
    const before = await usage((found) => (found.receiveBytes ?? 0n) > 400_000n);
    await host.client.instances.restartInstance({ name, waitFor: WaitFor.ACTIVE });
    const after = await usage(hasReceived);
    assert.ok((after.receiveBytes ?? 0n) < (before.receiveBytes ?? 0n), `${after.receiveBytes} after ${before.receiveBytes}`);
  });
});
