import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inheritedDescriptors } from "../../../src/drivers/embedded/diagnosis/inherited-descriptors.ts";
import { programs } from "../../../src/drivers/embedded/diagnosis/programs.ts";
import { trialGame } from "../../../src/drivers/embedded/diagnosis/trial-game.ts";
import { settingsOf } from "../../../src/drivers/embedded/embedded-options.ts";
import { runChecks } from "../../../src/host/diagnosis/check.ts";
import { TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";
import { scratch } from "../host/unpack/scratch.ts";

const { signal } = new AbortController();

describe("the embedded driver's diagnosis", () => {
  test("of a host that is well: a trial game ran, and left nothing, while others run", async (t) => {
    // The limits tell of a host that hangs; this one may be slow.
    const within = AbortSignal.timeout.bind(AbortSignal);
    t.mock.method(AbortSignal, "timeout", (ms: number) => within(Math.max(ms, 60_000)));
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", "exec sleep 60");
    await host.start(target);
    const found = (await host.driver.diagnose?.(signal)) ?? [];
    assert.deepEqual(
      found.filter(({ severity }) => severity === "ERROR"),
      [],
    );
    assert.ok(found.some(({ check, severity }) => check === "trial-game" && severity === "OK"));
    assert.ok(found.some(({ check }) => check === "steamcmd"));
    assert.deepEqual(readdirSync(join(host.root, "embedded")), ["alpha"]);
    assert.equal(host.status("alpha").activeState, "active");
  });

  test("programs that PATH does not lead to, each with its package", async (t) => {
    const bin = await scratch(t);
    for (const name of ["unshare", "setpriv", "mount", "fallocate", "rm", "sh"])
      symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(bin, name));
    const [missing, ...others] = await runChecks([programs(bin)], signal);
    assert.deepEqual([missing?.severity, missing?.cure, others.length], ["ERROR", "sudo apt-get install --reinstall util-linux", 0]);
    assert.match(missing?.message ?? "", /^flock is not on PATH/);
    assert.equal((await runChecks([programs()], signal))[0]?.severity, "OK");
  });

  test("descriptors that the daemon's parent left open", async () => {
    const look = async (leaked: readonly number[], hasBash: boolean) =>
      (
        await runChecks(
          [
            inheritedDescriptors(
              () => leaked,
              () => hasBash,
            ),
          ],
          signal,
        )
      )[0];
    assert.equal((await look([], false))?.severity, "OK");
    assert.match((await look([7, 9], true))?.message ?? "", /\(7, 9\), which are closed for games/);
    assert.equal((await look([7], false))?.severity, "WARNING");
  });

  test("a trial that fails is an error with its cure, and without it in the message", async () => {
    // /sys takes no directories, of whoever it may be.
    const settings = settingsOf({ root: "/sys/nothing" }, { uid: 65534, gid: 65534, asRoot: process.getuid?.() === 0 });
    const [found] = await runChecks([trialGame(settings)], signal);
    assert.deepEqual([found?.check, found?.severity], ["trial-game", "ERROR"]);
    assert.match(found?.cure ?? "", /set LEFT4ME_ROOT to a directory/);
    assert.doesNotMatch(found?.message ?? "", /Cure/);
  });
});
