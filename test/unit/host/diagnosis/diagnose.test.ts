import assert from "node:assert/strict";
import { chmodSync, readdirSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Finding, fine, gravestFirst } from "../../../../src/domain/finding.ts";
import type { DriverInfo, HostDriver } from "../../../../src/host/driver.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { LayerHost } from "../layers/layer-host.ts";
import { hostError } from "../unpack/scratch.ts";

const { signal } = new AbortController();

/** A driver without processes that has a diagnosis, and says who its games would be. */
class DiagnosingDriver extends FakeDriver implements HostDriver {
  answer: () => Promise<readonly Finding[]> = async () => [fine("fake", "it is one")];
  override readonly info: DriverInfo = { ...new FakeDriver().info, gameUid: 4_000_000, layerOwner: { uid: 4_000_000, gid: 4_000_000 } };

  diagnose(): Promise<readonly Finding[]> {
    return this.answer();
  }
}

function told(findings: readonly Finding[], check: string): readonly Finding[] {
  return findings.filter((finding) => finding.check === check);
}

describe("the host's diagnosis", () => {
  test("the gravest first, by name, the driver's among them", async (t) => {
    const driver = new DiagnosingDriver();
    const { host } = await LayerHost.open(t, undefined, driver);
    driver.answer = async () => [{ check: "a-driver", severity: "ERROR", message: "broken", cure: "mend" }, fine("z-driver", "well")];
    const found = await host.diagnose(signal);
    assert.equal(found[0]?.check, "a-driver");
    assert.deepEqual(found, gravestFirst(found));
    assert.ok(found.findIndex(({ check }) => check === "build-active") < found.findIndex(({ check }) => check === "clock"));
    assert.equal(told(found, "build-active")[0]?.cure, "l4d2ctl install");
    assert.ok((await host.describe()).diagnoses);
  });

  test("a driver that fails is a finding", async (t) => {
    const driver = new DiagnosingDriver();
    const { host } = await LayerHost.open(t, undefined, driver);
    driver.answer = () => Promise.reject(new Error("the bus is away"));
    assert.match(told(await host.diagnose(signal), "driver")[0]?.message ?? "", /the bus is away/);
  });

  test("a driver without a diagnosis: not offered", async (t) => {
    const { host } = await LayerHost.open(t);
    assert.ok(!(await host.describe()).diagnoses);
    await assert.rejects(host.diagnose(signal), hostError("NOT_IMPLEMENTED"));
  });

  test("builds: active, torn, of Steam without its library", async (t) => {
    const steam = { "steamapps/appmanifest_222860.acf": '"AppState"\n{\n"appid" "222860"\n"buildid" "7"\n}\n' };
    const { host, root } = await LayerHost.open(t, steam, new DiagnosingDriver());
    const found = await host.diagnose(signal);
    assert.equal(told(found, "build-active")[0]?.severity, "OK");
    assert.match(told(found, "steam-client")[0]?.message ?? "", /STEAM_CLIENT_MISSING/);
    const [layer = ""] = readdirSync(join(root, "layers")).filter((name) => !name.startsWith("."));
    renameSync(join(root, "layers", layer), join(root, "gone"));
    const [damaged] = told(await host.diagnose(signal), "build-damaged");
    assert.equal(damaged?.severity, "ERROR");
    assert.match(damaged?.cure ?? "", /^sudo mv .*builds\/b[0-9a-f]{15}\.json \/root\//);
    renameSync(join(root, "gone"), join(root, "layers", layer));
  });

  test("Steam's libraries: both, each a file", async (t) => {
    const steam = { "steamapps/appmanifest_222860.acf": '"AppState"\n{\n"appid" "222860"\n"buildid" "7"\n}\n' };
    const [sdk32, sdk64] = [".steam/sdk32/steamclient.so", ".steam/sdk64/steamclient.so"];
    const whole = await LayerHost.open(t, { ...steam, [sdk32]: "x", [sdk64]: "x" }, new DiagnosingDriver());
    assert.deepEqual(
      told(await whole.host.diagnose(signal), "steam-client").map(({ severity }) => severity),
      ["OK"],
    );
    const half = await LayerHost.open(t, { ...steam, [sdk32]: "x" }, new DiagnosingDriver());
    const [missing, ...more] = told(await half.host.diagnose(signal), "steam-client");
    assert.deepEqual([missing?.severity, more], ["WARNING", []]);
    assert.match(missing?.message ?? "", /no \.steam\/sdk64\/steamclient\.so/);
    assert.match(missing?.cure ?? "", /^l4d2ctl install --validate.*linux64\/steamclient\.so to \.steam\/sdk64/);
    // A link in the place of the file, made by hand in a layer.
    const [layer = ""] = readdirSync(join(whole.root, "layers")).filter((name) => !name.startsWith("."));
    const path = join(whole.root, "layers", layer, sdk32);
    unlinkSync(path);
    symlinkSync("../nowhere", path);
    assert.match(told(await whole.host.diagnose(signal), "steam-client")[0]?.message ?? "", /sdk32.* a link there that leads to no file/);
  });

  test("overlays by hand that the game cannot write: the command that repairs them", async (t) => {
    const layers = await LayerHost.open(t, undefined, new DiagnosingDriver());
    layers.byHand("mine/one", { "left4dead2/a.cfg": "x" });
    chmodSync(join(layers.root, "overlays/mine/one/left4dead2/a.cfg"), 0o600);
    const [found] = told(await layers.host.diagnose(signal), "overlay-modes");
    assert.equal(found?.severity, "WARNING");
    assert.match(found?.message ?? "", /left4dead2\/a\.cfg.* of the overlay "mine\/one"/);
    assert.match(found?.cure ?? "", /^sudo chown -hR 4000000:4000000 .*mine\/one'; sudo find/);
  });

  test("ends with its caller, and the next one has its turn", async (t) => {
    const driver = new DiagnosingDriver();
    const { host } = await LayerHost.open(t, undefined, driver);
    driver.answer = () => new Promise(() => {});
    const caller = new AbortController();
    const running = host.diagnose(caller.signal);
    setTimeout(() => caller.abort(new Error("left")), 20);
    await assert.rejects(running, /left/);
    driver.answer = async () => [fine("fake", "again")];
    assert.equal(told(await host.diagnose(signal), "fake")[0]?.message, "again");
  });
});
