import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ErrorReason, InstallPhase } from "../../src/client/index.ts";
import { installGame } from "../evidence/steam-host.ts";
import { BootingHost } from "./booting-host.ts";
import { exec } from "./host.ts";
import { inHost } from "./prepared-host.ts";
import { onPath, whyNoHosts } from "./why-no-hosts.ts";

const noPackages = ["apt-get", "dpkg-deb"].every(onPath) ? undefined : "test hosts need apt-get and dpkg-deb for the real SteamCMD";

// The program itself, as Debian has it, in the sandbox of left4me-install.service. A test host has no way to Steam: what can be proven
// is that it runs there, and what its failure is told as.
describe("the real SteamCMD without a network", { skip: whyNoHosts() ?? noPackages ?? false }, () => {
  const directory = mkdtempSync(join(tmpdir(), "left4me-steamcmd-"));
  let host: BootingHost;

  before(async () => {
    const deb = execFileSync(join(import.meta.dirname, "fetch-steamcmd"), [directory], { encoding: "utf8" }).trim();
    execFileSync("dpkg-deb", ["--extract", deb, join(directory, "files")]);
    host = await BootingHost.create("real-steamcmd", [{ source: join(directory, "files/usr"), target: "/opt/steamcmd" }]);
    await host.sh(
      `cp -r /opt/steamcmd/games /opt/steamcmd/lib /usr/
       printf '%s\\n' PATH=${dirname(inHost.node)}:/usr/bin:/bin LEFT4ME_INSTALL_MIN_FREE=1 LEFT4ME_INSTALL_RETRY_MS=100 >/etc/left4me/install.env`,
    );
  });
  after(async () => {
    await host?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it("is found where Debian has it, and fails as what it is: no network", async (t) => {
    if ((await exec(host.name, ["/lib/ld-linux.so.2", "--version"])).code !== 0)
      return t.skip("test hosts need a kernel that runs 32-bit programs (ia32_emulation)");
    const job = await installGame(host.client);
    const { logLines } = await host.client.installation.getInstallation({});
    const said = logLines.map(({ text }) => text).join("\n");
    assert.equal(job.phase, InstallPhase.FAILED, said);
    assert.equal(job.failure?.reason, ErrorReason.STEAM_NETWORK, said);
    assert.equal(job.failure?.exitCode, 254);
    assert.match(said, /Checking for available update[\s\S]*Steamcmd needs to be online to update/, "its own words");
    assert.doesNotMatch(said, /no terminal for SteamCMD/, "the sandbox has one");
    assert.equal(job.failure.cause, "Steam could not be reached, in 4 tries");
    assert.notEqual(job.failure.cure, "");
    assert.deepEqual((await host.client.installation.listBuilds({})).builds, []);
    assert.equal(
      (await host.sh("ls -A /var/lib/left4me/layers; ls -A /var/lib/left4me/runtime/.stage | grep -vx merged || true")).trim(),
      "",
    );
    assert.equal((await exec(host.name, ["pgrep", "-u", "left4me-steam"])).code, 1, "no process of it is left");
  });
});
