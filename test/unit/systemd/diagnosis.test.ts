import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { judgeAccounts } from "../../../src/drivers/systemd/diagnosis/account-list.ts";
import { type Accounts, readAccounts } from "../../../src/drivers/systemd/diagnosis/accounts.ts";
import { directoryModes, wantedDirectories } from "../../../src/drivers/systemd/diagnosis/directory-modes.ts";
import { helperFiles } from "../../../src/drivers/systemd/diagnosis/helper-files.ts";
import { journalNamespace } from "../../../src/drivers/systemd/diagnosis/journal-namespace.ts";
import { namespaces } from "../../../src/drivers/systemd/diagnosis/namespaces.ts";
import { overlayModule } from "../../../src/drivers/systemd/diagnosis/overlay-module.ts";
import { packageFiles } from "../../../src/drivers/systemd/diagnosis/package-files.ts";
import { steamcmdSearch } from "../../../src/drivers/systemd/diagnosis/steamcmd-search.ts";
import { judgeUnit, type UnitFiles, unitFiles } from "../../../src/drivers/systemd/diagnosis/unit-files.ts";
import { judgeFileSystem, upperFileSystem } from "../../../src/drivers/systemd/diagnosis/upper-file-system.ts";
import { type Check, runChecks } from "../../../src/host/diagnosis/check.ts";
import { scratch } from "../host/unpack/scratch.ts";

const { signal } = new AbortController();
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

async function told(check: Check): Promise<string[]> {
  return (await runChecks([check], signal)).map(({ severity, message }) => `${severity} ${message}`);
}

async function put(path: string, content = "", mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

describe("units", () => {
  const well: UnitFiles = {
    unit: "left4me-server@.service",
    loadState: "loaded",
    fragment: "/usr/lib/systemd/system/left4me-server@.service",
    dropIns: [],
    needsReload: false,
    fileState: "static",
  };
  const judged = (more: Partial<UnitFiles>) => judgeUnit({ ...well, ...more }).map(({ check, cure }) => [check, cure]);

  test("as the package has them, and every other way", () => {
    assert.deepEqual(judged({}), []);
    assert.deepEqual(judged({ fragment: "/lib/systemd/system/left4me-server@.service" }), [], "before the merge of /usr");
    assert.deepEqual(judged({ loadState: "masked", fragment: "/dev/null" }), [
      ["unit-masked", "sudo systemctl unmask left4me-server@.service"],
    ]);
    assert.equal(judged({ loadState: "not-found", fragment: "" })[0]?.[0], "unit-missing");
    assert.equal(judged({ loadState: "bad-setting" })[0]?.[0], "unit-broken");
    assert.deepEqual(judged({ fragment: "/usr/local/lib/systemd/system/x.service" }), [
      ["unit-overridden", "sudo rm /usr/local/lib/systemd/system/x.service && sudo systemctl daemon-reload"],
    ]);
    assert.deepEqual(judged({ fragment: "/etc/systemd/system/x.service" }), [
      ["unit-overridden", "sudo systemctl revert left4me-server@.service"],
    ]);
    assert.equal(judged({ dropIns: ["/etc/systemd/system/x.service.d/a.conf"] })[0]?.[0], "unit-overridden");
    const meant = ["/usr/lib/systemd/system/x.service.d/a.conf", "/etc/systemd/system/left4me-hostd.service.d/sudo-transport.conf"];
    assert.deepEqual(judged({ dropIns: meant }), [], "the package's, and the one that the sudo transport needs");
    assert.deepEqual(judged({ needsReload: true }), [["unit-reload", "sudo systemctl daemon-reload"]]);
    assert.deepEqual(judged({ fileState: "disabled" }), [], "it is not enabled by anybody");
    assert.equal(judged({ unit: "left4me-boot.service", fileState: "disabled" })[0]?.[0], "unit-disabled");
  });

  test("every unit is asked for", async () => {
    const asked = new Set<string>();
    const answers: Readonly<Record<string, unknown>> = {
      LoadState: "loaded",
      FragmentPath: "/usr/lib/systemd/system/x",
      DropInPaths: [],
      NeedDaemonReload: false,
      UnitFileState: "enabled",
    };
    const get = async (unit: string, _: string, property: string) => {
      asked.add(unit);
      return answers[property];
    };
    const manager = { get };
    assert.match((await told(unitFiles(() => manager)))[0] ?? "", /^OK PID 1 has all 16 units/);
    assert.ok(asked.has("left4me-server@left4me-check.service") && asked.has("left4me.slice"));
  });

  test("a journal that is masked, has failed, or cannot be read", async (t) => {
    const root = await scratch(t);
    const look = (loaded: string, active: string, directory = root, transport: "dbus" | "sudo" = "dbus") =>
      told(
        journalNamespace(
          transport,
          () => ({ get: async (_unit, _iface, property) => (property === "LoadState" ? loaded : active) }),
          () => directory,
        ),
      );
    assert.deepEqual(
      (await look("loaded", "inactive")).map((text) => text.slice(0, 3)),
      ["OK ", "OK "],
    );
    assert.match((await look("masked", "inactive"))[0] ?? "", /^ERROR .*masked/);
    assert.match((await look("loaded", "failed"))[0] ?? "", /^ERROR .*loaded and failed/);
    assert.match((await look("loaded", "active", join(root, "gone")))[1] ?? "", /^ERROR .*gone \(ENOENT\)/);
    assert.equal((await look("loaded", "active", join(root, "gone"), "sudo")).length, 1, "root reads it");
  });
});

describe("files and accounts", () => {
  test("helpers: missing, writable for others, somebody's", async (t) => {
    const root = await scratch(t);
    const names = ["overlay", "systemctl", "journalctl", "launch", "install", "boot"].map((name) => `left4me-${name}`);
    const directory = join(root, "usr/libexec/left4me");
    for (const name of names) await put(join(directory, name), "", 0o755);
    await chmod(directory, 0o755);
    assert.match((await told(helperFiles(root, uid)))[0] ?? "", /^OK/);
    await chmod(join(directory, "left4me-overlay"), 0o775);
    await rm(join(directory, "left4me-boot"));
    const found = await told(helperFiles(root, uid));
    assert.deepEqual(
      found.map((text) => text.replace(/belongs to uid \d+ and /, "")),
      [
        "ERROR /usr/libexec/left4me/left4me-overlay has mode 0775, in the place of root's and 0755",
        "ERROR /usr/libexec/left4me/left4me-boot is missing",
      ],
    );
    assert.equal((await told(helperFiles(root, uid + 1))).length, 7, "whoever is not root");
  });

  test("accounts: who is missing, and who the daemon is", () => {
    const names = ["left4me", "left4me-game", "left4me-steam"];
    const group = (id: number) => ({ gid: id, members: [] });
    const whole: Accounts = {
      users: new Map(names.map((name, index) => [name, 100 + index])),
      groups: new Map([...names, "left4me-operator"].map((name, index) => [name, group(100 + index)])),
    };
    const judged = (accounts: Accounts, id = 100, groups = [100, 101]) =>
      judgeAccounts(accounts, { uid: id, groups }).map(({ severity, message }) => `${severity} ${message}`)[0] ?? "";
    assert.match(judged(whole), /^OK/);
    const users = new Map([...whole.users].filter(([name]) => name !== "left4me-steam"));
    assert.match(judged({ ...whole, users }), /^ERROR the user left4me-steam is missing/);
    assert.match(judged(whole, 0), /^ERROR the daemon runs as uid 0, not as left4me/);
    assert.match(judged(whole, 100, [100]), /^ERROR the daemon is no member of left4me-game/);
    assert.equal(readAccounts().users.get("root"), 0);
  });

  test("directories as tmpfiles.d wants them", async (t) => {
    const root = await scratch(t);
    await put(join(root, "etc/passwd"), `root:x:0:0::/:\nleft4me:x:${uid}:${gid}::/:\n`);
    await put(join(root, "etc/group"), `root:x:0:\nleft4me:x:${gid}:a,b\n`);
    assert.deepEqual(readAccounts(root).groups.get("left4me")?.members, ["a", "b"]);
    assert.match((await told(directoryModes(root)))[0] ?? "", /^ERROR tmpfiles\.d has no left4me\.conf/);
    await put(
      join(root, "usr/lib/tmpfiles.d/left4me.conf"),
      "# x\nd /var/a 0700 left4me left4me -\nd  /var/b  2750 left4me left4me - -\nL /var/l - - - - x\nd /var/log/%m.x 0755 root root\n",
    );
    for (const [name, mode] of [
      ["a", 0o700],
      ["b", 0o2750],
    ] as const) {
      await mkdir(join(root, "var", name), { recursive: true });
      await chmod(join(root, "var", name), mode);
    }
    assert.deepEqual(await told(directoryModes(root)), ["OK 2 directories have their owners and modes"]);
    await chmod(join(root, "var/a"), 0o770);
    await rm(join(root, "var/b"), { recursive: true });
    assert.deepEqual(await told(directoryModes(root)), [
      `ERROR /var/a is 0770 ${uid === 0 ? "root" : "left4me"}:${gid === 0 ? "root" : "left4me"}, in the place of 0700 left4me:left4me`,
      "ERROR /var/b is missing",
    ]);
    assert.equal(wantedDirectories("d /x 1770 root left4me -")[0]?.mode, 0o1770);
  });

  test("what dpkg knows of the package's files", async (t) => {
    const root = await scratch(t);
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    assert.match((await told(packageFiles(root)))[0] ?? "", /^OK left4me-host was not installed as a package/);
    const paths = ["usr/lib/systemd/system/a.service", "usr/libexec/left4me/b", "usr/share/polkit-1/rules.d/c"];
    const lines = [...paths, "usr/share/doc/left4me-host/changelog.gz"].map((path) => `${md5(path)}  ${path}\n`);
    await put(join(root, "var/lib/dpkg/info/left4me-host.md5sums"), lines.join(""));
    for (const path of paths) await put(join(root, path), path);
    assert.deepEqual(await told(packageFiles(root)), ["OK 3 files are as the package has them"]);
    await put(join(root, "usr/libexec/left4me/b"), "other");
    await rm(join(root, "usr/lib/systemd/system/a.service"));
    assert.deepEqual(await told(packageFiles(root)), [
      "ERROR /usr/lib/systemd/system/a.service is missing",
      "WARNING /usr/libexec/left4me/b was changed since the package was installed",
    ]);
  });

  test("where SteamCMD is looked for", async (t) => {
    const root = await scratch(t);
    assert.equal(steamcmdSearch(root).asked, "");
    assert.match(steamcmdSearch(root).path, /:\/usr\/games$/);
    await put(join(root, "etc/left4me/install.env"), '# x\nLEFT4ME_STEAMCMD="/opt/steam cmd/steamcmd.sh"\nPATH=/a:/b\n');
    const { asked, path } = steamcmdSearch(root);
    assert.deepEqual([asked, path], ["/opt/steam cmd/steamcmd.sh", "/a:/b"]);
  });
});

describe("the kernel and the disk", () => {
  test("namespaces that are forbidden, or that the kernel does not have", async (t) => {
    const root = await scratch(t);
    const limits = join(root, "proc/sys/user");
    for (const kind of ["user", "pid", "ipc", "mnt"]) await put(join(limits, `max_${kind}_namespaces`), "15000\n");
    assert.match((await told(namespaces(root)))[0] ?? "", /^OK .*user, pid, ipc, mnt/);
    await put(join(limits, "max_user_namespaces"), "0\n");
    await rm(join(limits, "max_pid_namespaces"));
    const [forbidden, missing] = await runChecks([namespaces(root)], signal);
    assert.deepEqual([forbidden?.severity, forbidden?.message], ["ERROR", "user.max_user_namespaces is 0: no game can start"]);
    assert.match(forbidden?.cure ?? "", /^sudo sysctl -w user\.max_user_namespaces=10000; /);
    assert.match(missing?.message ?? "", /no pid namespaces \(\/proc\/sys\/user\/max_pid_namespaces is missing\)/);
    assert.match((await told(namespaces()))[0] ?? "", /^OK/, "this machine");
  });

  test("overlayfs: there, to be loaded, left out of the kernel, not to be seen", async (t) => {
    const root = await scratch(t);
    const look = () => told(overlayModule(root, "6.12.48"));
    await put(join(root, "proc/filesystems"), "nodev\tproc\n\text4\nnodev\tnot-overlay\n");
    assert.match((await look())[0] ?? "", /^WARNING .*cannot be seen from here/);
    await put(join(root, "boot/config-6.12.48"), "CONFIG_OVERLAY_FS=m\n# CONFIG_OVERLAY_FS_DEBUG is not set\n");
    assert.match((await look())[0] ?? "", /^OK .*loads it/);
    await put(join(root, "boot/config-6.12.48"), "# CONFIG_OVERLAY_FS is not set\n");
    assert.match((await look())[0] ?? "", /^ERROR .*6\.12\.48 was built without overlayfs/);
    await put(join(root, "proc/filesystems"), "nodev\tproc\nnodev\toverlay\n");
    assert.deepEqual(await look(), ["OK the kernel has overlayfs"]);
  });

  test("what the root lies on, and whether the installer can work there", async () => {
    const judged = (type: number, kernel = "6.12.48+deb13-amd64") =>
      judgeFileSystem("/var/lib/left4me/runtime", type, kernel).map(({ check, severity }) => `${check} ${severity}`);
    assert.deepEqual(judged(0xef53), ["root-file-system OK", "mapped-ids OK"]);
    assert.deepEqual(judged(0xef53, "5.15.0"), ["root-file-system OK", "mapped-ids WARNING"]);
    assert.deepEqual(judged(0xef53, "5.19.0"), ["root-file-system OK", "mapped-ids OK"]);
    assert.deepEqual(judged(0x0102_1994, "6.1.0"), ["root-file-system WARNING", "mapped-ids WARNING"]);
    for (const type of [0x794c_7630, 0x6969, 0xff53_4d42, 0x4d44]) assert.deepEqual(judged(type), ["root-file-system ERROR"]);
    assert.deepEqual(judged(0x1234), ["root-file-system WARNING"]);
    assert.equal((await runChecks([upperFileSystem("/")], signal))[0]?.check, "root-file-system");
  });
});
