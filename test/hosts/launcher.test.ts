import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, exec, sh } from "./host.ts";
import { inHost, makeInstance, prepareHost } from "./prepared-host.ts";
import { properties, property, show, start, stop, until, untilNothingIsLeft } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "launcher";
const log = (name: string) => `journalctl --namespace=left4me -u left4me-server@${name} -o cat --no-pager`;

/** How a hostile game ends, and what its unit then is. */
const ends = {
  "a marker that is a FIFO, and 0": { script: "mkfifo .left4me-quit; exit 0", state: "inactive" },
  "a marker that is a link out of the sandbox, and 0": { script: "ln -s /proc/1/mem .left4me-quit; exit 0", state: "inactive" },
  "a marker that is a directory, and 0": { script: "mkdir .left4me-quit; exit 0", state: "inactive" },
  "a forged marker, and a crash": { script: "touch .left4me-quit; exit 3", state: "inactive" },
  "a process that outlives it, and 0": { script: "setsid sh -c 'trap \"\" INT TERM HUP; sleep 600' & exit 0", state: "inactive" },
} as const;

describe("left4me-launch and a hostile game", { skip: whyNoHosts() ?? false }, () => {
  before(() => prepareHost(host));
  after(() => down(host));

  /** Publishes an instance whose game is this shell script. */
  async function publish(name: string, script: string): Promise<void> {
    await makeInstance(host, name);
    const layer = `/var/lib/left4me/instances/${name}/gen/1/layer`;
    await exec(
      host,
      ["bash", "-c", `cat >${layer}/srcds_run; chmod 775 ${layer}/srcds_run; chown left4me:left4me-game ${layer}/srcds_run`],
      script,
    );
  }

  it("is neither ended, stopped, traced nor read by its child, and owns nothing that the child lacks", async () => {
    await publish("probe", await sh(host, `cat ${inHost.guest}/launcher-probe.sh`));
    await start(host, "probe");
    await until(host, `${log("probe")} | grep -qx end`);
    const lines = (await sh(host, log("probe"))).trim().split("\n");
    assert.deepEqual(
      lines.filter((line) => line !== "end"),
      [],
    );
    await stop(host, "probe");
    await untilNothingIsLeft(host, "probe");
  });

  for (const [index, [what, { script, state }]] of Object.entries(ends).entries()) {
    it(`ends when the game does: ${what}; and the next start runs it again`, async () => {
      const name = `end-${index}`;
      await publish(name, `#!/bin/sh\necho runs\n[ -e second ] && exec sleep 600\ntouch second\n${script}\n`);
      await start(host, name);
      await until(host, `${property(`left4me-server@${name}`, "ActiveState", state)} && ! pgrep -u left4me-game >/dev/null`);
      await untilNothingIsLeft(host, name);
      await start(host, name);
      await until(host, `[[ $(${log(name)} | grep -cx runs) == 2 ]]`);
      assert.deepEqual(await show(host, `left4me-server@${name}`, "ActiveState"), { ActiveState: "active" });
      await stop(host, name);
      await untilNothingIsLeft(host, name);
    });
  }

  it("tells a code that looks like one of its own or of systemd's as the game's", async () => {
    await publish("forges", "#!/bin/sh\nexit 203\n");
    await start(host, "forges");
    // One run may end without that systemd learns how (systemd/README.md); the next tells.
    const told = { Result: "exit-code", ExecMainStatus: "203", SubState: "auto-restart" };
    await until(host, properties("left4me-server@forges", told));
    await stop(host, "forges");
    await untilNothingIsLeft(host, "forges");
  });
});
