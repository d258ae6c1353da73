import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { down, exec, sh } from "./host.ts";
import { prepareHost } from "./prepared-host.ts";
import { onPath, whyNoHosts } from "./why-no-hosts.ts";

const host = "static";
const systemd = join(import.meta.dirname, "../../systemd");

describe("shell scripts", { skip: onPath("shellcheck") ? false : "needs shellcheck" }, () => {
  it("pass shellcheck", () => {
    const scripts = [
      ...globSync(`${systemd}/{helpers/*,install.sh,overlay/compile}`),
      ...globSync(`${import.meta.dirname}/{testhost,guest/*.sh}`),
    ];
    assert.ok(scripts.length > 8);
    execFileSync("shellcheck", scripts, { stdio: "pipe" });
  });
});

describe("the overlay helper", { skip: onPath("cc") ? false : "needs a C compiler" }, () => {
  it("compiles without a warning, and twice to the same bytes", () => {
    const out = mkdtempSync(join(tmpdir(), "left4me-overlay-"));
    try {
      for (const name of ["one", "two"]) execFileSync(join(systemd, "overlay/compile"), [join(out, name), "-Werror"], { stdio: "pipe" });
      assert.ok(readFileSync(join(out, "one")).equals(readFileSync(join(out, "two"))));
    } finally {
      rmSync(out, { recursive: true });
    }
  });
});

describe("systemd files", { skip: whyNoHosts() ?? false }, () => {
  before(() => prepareHost(host));
  after(() => down(host));

  it("pass systemd-analyze verify without a word", async () => {
    const units = globSync(`${systemd}/units/*`).map((path) => (path.split("/").at(-1) ?? "").replace("@.", "@x."));
    const { code, stdout, stderr } = await exec(host, ["systemd-analyze", "verify", "--man=no", ...units]);
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  });

  it("pass visudo", async () => {
    await sh(host, "visudo -cf /etc/sudoers.d/left4me");
  });

  it("the trash's timer starts as often as it is asked to", async () => {
    // While a unit that names it is loaded, PID 1 does not forget how often it was started.
    await sh(
      host,
      `systemd-run --quiet --unit=names-it --property=OnSuccess=left4me-trash.timer sleep 60
       for i in 1 2 3 4 5 6 7 8; do systemctl start left4me-trash.timer; systemctl stop left4me-trash.timer; done
       systemctl stop names-it`,
    );
  });

  for (const [unit, limit] of [
    ["left4me-server@x.service", 1.5],
    ["left4me-install.service", 1.5],
    ["left4me-hostd.service", 2],
    ["left4me-boot.service", 1],
    ["left4me-list@x.service", 2],
    ["left4me-drop@x.service", 2],
  ] as const) {
    it(`${unit} scores at most ${limit}`, async () => assert.ok((await score(unit)) <= limit, `${await score(unit)}`));
  }

  it("the drop-in of the sudo transport has its own, worse score", async () => {
    const place = "/run/systemd/system/left4me-hostd.service.d";
    await sh(host, `mkdir -p ${place} && cp /usr/share/left4me-host/sudo-transport.conf ${place} && systemctl daemon-reload`);
    const withSudo = await score("left4me-hostd.service");
    await sh(host, `rm -r ${place} && systemctl daemon-reload`);
    assert.ok(withSudo > 2 && withSudo <= 4, `${withSudo}`);
  });

  it("know every rule of tmpfiles.d and leave the second run nothing to do", async () => {
    const { code, stderr } = await exec(host, ["systemd-tmpfiles", "--create", "left4me.conf"]);
    assert.deepEqual([code, stderr], [0, ""]);
  });
});

async function score(unit: string): Promise<number> {
  const text = await sh(host, `systemd-analyze security --no-pager ${unit} | tail -1`);
  return Number(/level for \S+: ([\d.]+)/.exec(text)?.[1]);
}
