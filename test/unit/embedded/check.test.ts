import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { settingsOf } from "../../../src/drivers/embedded/embedded-options.ts";
import { createEmbeddedDriver } from "../../../src/drivers/embedded/index.ts";
import { diagnose, isOnOverlayfs, missingProgram } from "../../../src/drivers/embedded/unavailable.ts";
import { TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";

const asRoot = process.getuid?.() === 0;
const program = new URL("../../fixtures/embedded/check-once.ts", import.meta.url).pathname;

/** Runs a check in a changed world. */
function checkUnder(wrapper: readonly string[], root: string): string {
  const [file = "", ...args] = [...wrapper, process.execPath, program, root];
  return execFileSync(file, args, { encoding: "utf8" });
}

describe("check", () => {
  test("passes here and leaves nothing", async (t) => {
    const host = await TemporaryHost.open(t);
    await host.driver.check();
    assert.deepEqual(readdirSync(join(host.root, "embedded")), []);
  });

  test("a root that cannot be written to is named", { skip: asRoot && "root may write anywhere" }, async () => {
    const driver = await createEmbeddedDriver({ root: "/usr/nothing" });
    await assert.rejects(driver.check(), (error: HostError) => error.metadata["problem"] === "root-not-writable");
  });

  test("user namespaces that are used up have their cure", { skip: asRoot && "root needs none" }, async (t) => {
    const host = await TemporaryHost.open(t);
    // In a user namespace of our own we may set its limit.
    const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"';
    const said = checkUnder(["unshare", "--map-current-user", "--keep-caps", "--", "sh", "-c", script, "sh"], host.root);
    assert.match(said, /^userns-limit .*sysctl -w user.max_user_namespaces=/);
  });

  test("root without CAP_SYS_ADMIN, as in a container, has its cure", { skip: !asRoot && "only for root" }, async (t) => {
    const host = await TemporaryHost.open(t);
    const said = checkUnder(["setpriv", "--bounding-set=-sys_admin", "--"], host.root);
    assert.match(said, /^no-sys-admin .*--cap-add SYS_ADMIN/);
  });

  test("a root on overlayfs has its cure", async (t) => {
    const host = await TemporaryHost.open(t);
    const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(host.root, name));
    for (const path of [lower, upper, work, merged]) mkdirSync(path ?? "");
    const script = `mount -t overlay -o userxattr,lowerdir=${lower},upperdir=${upper},workdir=${work} overlay ${merged} && chmod 755 ${merged} && exec "$@"`;
    const said = checkUnder(["unshare", ...(asRoot ? [] : ["--map-root-user"]), "--mount", "--", "sh", "-c", script, "sh"], merged ?? "");
    assert.match(said, /^root-on-overlayfs .*volume/);
  });

  test("a program that is not there is named with its package", () => {
    const error = missingProgram("/nowhere");
    assert.deepEqual([error?.reason, error?.metadata["problem"]], ["DRIVER_UNAVAILABLE", "program-missing"]);
    assert.match(error?.message ?? "", /apt-get install util-linux/);
    assert.equal(missingProgram(), undefined);
  });

  test("denied namespaces are told apart", () => {
    const settings = settingsOf({ root: "/var/tmp" }, { uid: 1000, gid: 1000, asRoot: false });
    const failed = new HostError("HELPER_FAILED", "unshare exited with code 1", {
      metadata: { stderr: "unshare: unshare failed: Operation not permitted" },
    });
    const error = diagnose(settings, failed);
    assert.equal(error.metadata["problem"], "seccomp");
    assert.match(error.metadata["cure"] ?? "", /--security-opt seccomp=unconfined --security-opt apparmor=unconfined/);
    assert.equal(isOnOverlayfs("/proc"), false);
  });

  test("games never run as root, and a root path is absolute", async () => {
    if (asRoot) await assert.rejects(createEmbeddedDriver({ root: "/x", gameUid: 0 }), RangeError);
    await assert.rejects(createEmbeddedDriver({ root: "x" }), RangeError);
  });
});
