import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { InstallerEvent } from "../../../src/domain/installer-agreement.ts";
import { account, type Behaviour, InstallerPlace } from "./installer-run.ts";

const downloads = (event: InstallerEvent) => event.type === "progress" && event.phase === "DOWNLOADING";
const hangs = (more: Behaviour = {}): Behaviour => ({ failures: [{ failure: "hang", on: "windows", ...more }] });

const cases: Readonly<Record<string, Behaviour>> = {
  "during a download": { download_ms: 60_000, big_files: [{ path: "left4dead2/big.vpk", bytes: 50_000_000 }] },
  "while SteamCMD hangs": hangs(),
  "while SteamCMD hangs and is deaf": hangs({ ignore_sigterm: true }),
};

describe("installer: interruption", { concurrency: 3 }, () => {
  for (const [name, behaviour] of Object.entries(cases))
    test(`SIGTERM ends all of it ${name}`, async (context) => {
      const place = await InstallerPlace.make(context);
      const child = await place.start({ behaviour, withAccount: true });
      const ending = place.outcome(child);
      await place.until(downloads);
      const before = place.processes();
      assert.ok(before.length >= 3, "the installer, the shell and SteamCMD");
      for (const process of before) assert.ok(!process.includes(account.password), "a command line or environment with the password");
      child.kill("SIGTERM");
      const { exitCode, failure, stderr } = await ending;
      assert.deepEqual({ exitCode, stderr, reason: failure?.reason }, { exitCode: 1, stderr: "", reason: "INSTALL_INTERRUPTED" });
      assert.deepEqual(failure?.metadata, { signal: "SIGTERM" });
      assert.deepEqual(place.processes(), []);
      assert.deepEqual(readdirSync(place.home), ["Steam"]);
      assert.deepEqual(place.filesWith(account.password), []);
    });

  test("SIGTERM while it waits for another try", async (context) => {
    const place = await InstallerPlace.make(context);
    const child = await place.start({
      behaviour: { failures: [{ failure: "no_connection" }] },
      env: { LEFT4ME_INSTALL_RETRY_MS: "60000" },
    });
    const ending = place.outcome(child);
    await place.until((event) => event.type === "line" && event.text.includes("follows in 60 s"));
    child.kill("SIGTERM");
    assert.equal((await ending).failure?.reason, "INSTALL_INTERRUPTED");
  });

  test("a killed installer leaves events without an end, and its script only until the next one", async (context) => {
    const place = await InstallerPlace.make(context);
    const child = await place.start({ behaviour: hangs(), withAccount: true });
    const ending = place.outcome(child);
    await place.until(downloads);
    child.kill("SIGKILL");
    const { events } = await ending;
    assert.notEqual(events.at(-1)?.type, "end");
    for (const process of place.processes()) assert.ok(!process.includes(account.password));
    endOrphans(place);
    const { failure } = await place.install({ withAccount: true });
    assert.equal(failure, undefined);
    assert.deepEqual(place.filesWith(account.password), []);
  });
});

/** A unit's cgroup, or the driver, does this in production. */
function endOrphans(place: InstallerPlace): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, "latin1").includes(`LEFT4ME_SIM_MARK=${place.directory}`))
        process.kill(Number(pid), "SIGKILL");
    } catch {}
  }
}
