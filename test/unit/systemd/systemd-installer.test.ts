import assert from "node:assert/strict";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { HostError } from "../../../src/domain/host-error.ts";
import { installerEnd } from "../../../src/drivers/systemd/installer-end.ts";
import { publishInstallOrder, publishStageOrder } from "../../../src/drivers/systemd/orders/stage-order.ts";
import { SystemdInstaller } from "../../../src/drivers/systemd/systemd-installer.ts";
import { hostUnitName, ofHost } from "../../../src/drivers/systemd/units/unit-names.ts";
import type { InstallOrders, UnitOrders } from "../../../src/drivers/systemd/units/unit-orders.ts";
import { UnitWatch } from "../../../src/drivers/systemd/units/unit-watch.ts";
import { FakePid1 } from "./fake-pid1.ts";

const root = mkdtempSync(join(tmpdir(), "left4me-installer-"));
for (const name of ["stage", "layers", "tmp"]) mkdirSync(join(root, name));
after(() => rmSync(root, { recursive: true }));

const install = hostUnitName("install");
const running = { ActiveState: "active", SubState: "running", MainPID: 7, Job: [0, "/"], ExecMainCode: 0, ExecMainStatus: 0 };

/** An installer of a fake PID 1, and which orders it has given. */
async function open(context: TestContext, orders: Partial<InstallOrders> = {}, pid1 = new FakePid1()) {
  const given: string[] = [];
  const note = (verb: string) => async () => {
    given.push(verb);
    return { result: "done" };
  };
  const installation = {
    start: note("start"),
    handOver: note("hand-over"),
    discard: note("discard"),
    cancel: async () => void given.push("cancel"),
    resetFailed: async () => void given.push("reset-failed"),
    ...orders,
  };
  const watch = new UnitWatch(
    (name) => name === ofHost && installer.refresh(),
    () => {},
    pid1.connect,
  );
  const installer = new SystemdInstaller(() => ({ root, watch, orders: { installation } as UnitOrders, log: () => {} }));
  context.after(() => watch.close());
  await watch.connect();
  await watch.open();
  return { pid1, installer, given, watch };
}

test("the end of an installer that an earlier daemon has started is waited for, and told", async (context) => {
  const pid1 = new FakePid1();
  pid1.units.set(install, running);
  const { installer, watch } = await open(context, {}, pid1);
  let ended: unknown;
  const waiting = installer.ended(new AbortController().signal).then((end) => {
    ended = end;
  });
  await turn();
  installer.open();
  await turn();
  pid1.change(install, "Unit", { ActiveState: "deactivating" });
  await turn();
  await turn();
  assert.equal(ended, undefined);
  pid1.change(install, "Service", { ExecMainCode: 2, ExecMainStatus: 9, MainPID: 0 });
  pid1.change(install, "Unit", { ActiveState: "failed", SubState: "failed" });
  await waiting;
  assert.deepEqual(ended, { signal: "SIGKILL" });
  assert.deepEqual(watch.names(), [], "it is no instance");
});

test("whoever does not want to wait any more is let go", async (context) => {
  const pid1 = new FakePid1();
  pid1.units.set(install, running);
  const { installer } = await open(context, {}, pid1);
  installer.open();
  const abort = new AbortController();
  const waiting = installer.ended(abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
});

test("how a process ended", () => {
  assert.deepEqual(installerEnd({ execCode: 0, execStatus: 0 }), {});
  assert.deepEqual(installerEnd({ execCode: 1, execStatus: 7 }), { exitCode: 7 });
  assert.deepEqual(installerEnd({ execCode: 3, execStatus: 11 }), { signal: "SIGSEGV" });
});

test("the stage order holds the layers of this time and nothing else", async () => {
  const stage = join(root, "stage");
  mkdirSync(join(stage, "003"));
  symlinkSync("/elsewhere", join(stage, "000"));
  await publishStageOrder(root, ["/a", "/b"]);
  assert.deepEqual(
    readdirSync(stage).map((name) => [name, readlinkSync(join(stage, name))]),
    [
      ["000", "/a"],
      ["001", "/b"],
    ],
  );
  await publishStageOrder(root, []);
  assert.deepEqual(readdirSync(stage), []);
  await assert.rejects(publishStageOrder(root, Array<string>(501).fill("/a")), RangeError);
});

test("the installer may read its order, whatever the umask", async () => {
  const before = process.umask(0o077);
  try {
    await publishInstallOrder({ job: "0123456789abcdef", validate: true, bootstrap: false }, join(root, "tmp"));
  } finally {
    process.umask(before);
  }
  const file = join(root, "tmp/order");
  assert.equal(lstatSync(file).mode & 0o777, 0o644);
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { job: "0123456789abcdef", validate: true, bootstrap: false });
});

test("a hand-over goes on wherever an earlier daemon has left it", async (context) => {
  const staged = join(root, "layers/.staged");
  const target = join(root, "layers/new");
  const handOver = async () => {
    given.push("hand-over");
    mkdirSync(staged, { mode: 0 });
    return { result: "done" };
  };
  const { installer, given } = await open(context, { handOver });
  await installer.handOver(target);
  assert.deepEqual(given, ["hand-over", "discard", "reset-failed"]);
  assert.equal(lstatSync(target).mode & 0o777, 0o775, "whatever the installer has closed");
  await installer.handOver(target);
  assert.deepEqual(given.slice(3), ["discard", "reset-failed"], "it is there");
  rmSync(target, { recursive: true });
  mkdirSync(staged);
  writeFileSync(join(staged, "file"), "");
  await installer.handOver(target);
  assert.deepEqual(given.slice(5), ["discard", "reset-failed"], "it had been handed over, but not named");
  assert.deepEqual(readdirSync(target), ["file"]);
});

test("a stage that is active is not taken as it is; an order that fails says why", async (context) => {
  const pid1 = new FakePid1();
  pid1.units.set(hostUnitName("stage"), { ActiveState: "active", SubState: "exited" });
  const { installer, given } = await open(context, { discard: async () => ({ result: "failed" }) }, pid1);
  await assert.rejects(installer.start({ job: "0123456789abcdef", validate: false, bootstrap: false }, []), (error) => {
    assert.ok(error instanceof HostError);
    assert.deepEqual([error.reason, error.metadata["command"]], ["HELPER_FAILED", "systemctl start left4me-discard.service"]);
    return true;
  });
  assert.deepEqual(given, [], "nothing was started");
});
