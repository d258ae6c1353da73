import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import type { Finding } from "../../../../src/domain/finding.ts";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { type Check, runChecks } from "../../../../src/host/diagnosis/check.ts";
import { judgeClock } from "../../../../src/host/diagnosis/clock.ts";
import { diskRoom, judgeRoom } from "../../../../src/host/diagnosis/disk-room.ts";
import { libraries32 } from "../../../../src/host/diagnosis/libraries-32.ts";
import { olderLayout } from "../../../../src/host/diagnosis/older-layout.ts";
import { type PortUser, ports } from "../../../../src/host/diagnosis/ports.ts";
import { descriptors, judgeDescriptors, judgeMemory, memory } from "../../../../src/host/diagnosis/resources.ts";
import { steamcmd } from "../../../../src/host/diagnosis/steamcmd.ts";
import { scratch } from "../unpack/scratch.ts";

const { signal } = new AbortController();

/** `check severity` of each finding; a severity below OK must have a cure. */
async function gradesOf(check: Check): Promise<string[]> {
  return grades(await runChecks([check], signal));
}

function grades(findings: readonly Finding[]): string[] {
  for (const { check, severity, cure, message } of findings) {
    assert.match(check, /^[a-z][a-z0-9-]*$/);
    assert.equal(cure !== "", severity !== "OK", `${check}: ${message}`);
  }
  return findings.map(({ check, severity }) => `${check} ${severity}`);
}

async function put(path: string, content: string | Buffer, mode = 0o755): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

const elf32 = Buffer.from("\x7fELF\x01\x01\x01", "latin1");
const elf64 = Buffer.from("\x7fELF\x02\x01\x01", "latin1");

describe("a check", () => {
  test("that fails is a finding, and keeps no other from being told", async () => {
    const broken: Check = { name: "broken", run: () => Promise.reject(new Error("EIO: i/o error")) };
    const throwing: Check = {
      name: "throwing",
      run: () => {
        throw new Error("at once");
      },
    };
    const well: Check = { name: "well", run: () => [{ check: "well", severity: "OK", message: "is", cure: "" }] };
    const found = await runChecks([broken, throwing, well], signal);
    assert.deepEqual(grades(found), ["broken ERROR", "throwing ERROR", "well OK"]);
    assert.match(found[0]?.message ?? "", /EIO/);
  });

  test("that hangs is a finding after its limit, and its signal aborts", async () => {
    let isTold = false;
    const hanging: Check = {
      name: "hanging",
      run: (limited) => new Promise(() => limited.addEventListener("abort", () => (isTold = true))),
    };
    const found = await runChecks([hanging], signal, 30);
    assert.deepEqual(grades(found), ["hanging WARNING"]);
    assert.match(found[0]?.message ?? "", /within 0\.03 s/);
    assert.ok(isTold);
  });

  test("ends with its caller", async () => {
    const caller = new AbortController();
    const hanging: Check = { name: "hanging", run: () => new Promise(() => {}) };
    const running = runChecks([hanging], caller.signal);
    caller.abort(new Error("left"));
    await assert.rejects(running, /left/);
    await assert.rejects(runChecks([hanging], caller.signal), /left/);
  });
});

describe("the machine", () => {
  test("disk: bytes and inodes, a file system once", async (t) => {
    const root = await scratch(t);
    await mkdir(join(root, "tmp"));
    const found = await runChecks([diskRoom([root, join(root, "tmp")])], signal);
    assert.equal(found.filter(({ check }) => check === "disk-space").length, 1);
    assert.deepEqual(grades(judgeRoom("/r", { bytes: 1e12, inodes: undefined })), ["disk-space OK"]);
    assert.deepEqual(grades(judgeRoom("/r", { bytes: 1e9, inodes: 10_000 })), ["disk-space WARNING", "disk-inodes WARNING"]);
    assert.deepEqual(grades(judgeRoom("/r", { bytes: 1e8, inodes: 10 })), ["disk-space ERROR", "disk-inodes ERROR"]);
    assert.deepEqual(await gradesOf(diskRoom([join(root, "gone")])), ["disk-space ERROR"]);
  });

  test("clock: before the build, and before the host's last start", () => {
    const hour = 3_600_000;
    assert.deepEqual(grades(judgeClock({ now: 10 * hour, built: 9 * hour, latestStart: 9 * hour })), ["clock OK"]);
    const [early] = judgeClock({ now: 0, built: 9 * hour, latestStart: 0 });
    assert.match(early?.message ?? "", /1970-01-01T00:00.* before this program was built/);
    const [jumped] = judgeClock({ now: 10 * hour, built: 0, latestStart: 12 * hour });
    assert.match(jumped?.message ?? "", /T10:00.*, and said .*T12:00/);
    assert.deepEqual(
      grades(judgeClock({ now: 10 * hour, built: 0, latestStart: 10 * hour + 60_000 })),
      ["clock OK"],
      "restarts count seconds",
    );
  });

  test("memory and descriptors", async () => {
    assert.deepEqual(
      [2e9, 5e8, 1e8].flatMap((bytes) => grades(judgeMemory(bytes))),
      ["memory OK", "memory WARNING", "memory ERROR"],
    );
    assert.deepEqual(grades(judgeDescriptors(65_536, 100)), ["descriptors OK"]);
    assert.deepEqual(grades(judgeDescriptors(512, 100)), ["descriptors WARNING"]);
    assert.deepEqual(grades(judgeDescriptors(65_536, 60_000)), ["descriptors WARNING"]);
    assert.deepEqual(grades(judgeDescriptors(1024, 1023)), ["descriptors ERROR"]);
    assert.equal((await gradesOf(memory())).length, 1);
    assert.match((await runChecks([descriptors()], signal))[0]?.message ?? "", /has \d+ of at most \d+ files open/);
  });

  test("32-bit libraries: an error only for a build that needs them", async (t) => {
    const root = await scratch(t);
    const [layer, upper] = [join(root, "layer"), join(root, "upper")];
    await put(join(layer, "srcds_linux"), elf64);
    await mkdir(upper);
    const look = async (arch = "x64", buildLayers = [upper, layer]) => gradesOf(libraries32({ root, arch, buildLayers }));
    assert.equal((await look())[0], "libraries-32-bit WARNING");
    await put(join(layer, "srcds_linux"), elf32);
    assert.equal((await look())[0], "libraries-32-bit ERROR");
    assert.equal((await look("x64", []))[0], "libraries-32-bit WARNING");
    assert.deepEqual(await look("arm64"), ["kernel-32-bit ERROR"]);
    for (const path of ["lib/ld-linux.so.2", "usr/lib32/libstdc++.so.6"]) await put(join(root, path), elf32);
    await put(join(root, "usr/lib/i386-linux-gnu/libgcc_s.so.1"), elf64);
    const [missing] = await runChecks([libraries32({ root, arch: "x64" })], signal);
    assert.match(missing?.message ?? "", /the 32-bit libgcc_s\.so\.1 is missing/);
    assert.equal(missing?.cure, "sudo apt-get install --reinstall lib32gcc-s1");
    await put(join(root, "usr/lib/i386-linux-gnu/libgcc_s.so.1"), elf32);
    assert.equal((await look())[0], "libraries-32-bit OK");
  });

  test("32-bit programs: the loader is asked where it can be run", async (t) => {
    const root = await scratch(t);
    const kernel = async (loader: Buffer) => {
      await put(join(root, "lib/ld-linux.so.2"), loader);
      return (await gradesOf(libraries32({ root, arch: "x64", isFiltered: false }))).at(-1);
    };
    // What this kernel says of a torn header it says of every 32-bit program without the emulation: ENOEXEC.
    assert.equal(await kernel(elf32), "kernel-32-bit WARNING");
    const asked = await gradesOf(libraries32({ root, arch: "x64", isFiltered: true }));
    assert.equal(asked.at(-1), "kernel-32-bit OK", "asked instead, this kernel says that it can");
  });
});

describe("ports", () => {
  const user = (name: string, port: number, more: object = {}): PortUser =>
    ({ record: { name, spec: { port }, desiredState: "STOPPED", ...more }, mounted: undefined }) as unknown as PortUser;

  test("a stranger on a port, and two instances with one", async (t) => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    t.after(() => socket.close());
    await once(socket, "listening");
    const { port } = socket.address();
    const found = await runChecks([ports([user("a", port)])], signal);
    assert.deepEqual(grades(found), ["port-taken WARNING"]);
    assert.match(found[0]?.message ?? "", new RegExp(`port ${port} of a, which does not run, is held by pid ${process.pid} `));
    assert.deepEqual(await gradesOf(ports([user("a", port, { desiredState: "RUNNING" })])), ["port-taken ERROR"]);
    const running = { ...user("a", port), mounted: { port } } as unknown as PortUser;
    assert.deepEqual(await gradesOf(ports([running])), ["ports OK"], "it is the game's own");
    assert.deepEqual(await gradesOf(ports([running, user("b", port)])), ["port-shared WARNING"]);
    assert.deepEqual(await gradesOf(ports([])), ["ports OK"]);
  });
});

describe("SteamCMD", () => {
  test("asked for, downloaded, on PATH, nowhere; the account's file", async (t) => {
    const root = await scratch(t);
    const search = { asked: "", home: join(root, "home"), path: `${root}/bin:relative`, accountFile: "" };
    const look = (more: Partial<typeof search>) => gradesOf(steamcmd(() => ({ ...search, ...more })));
    assert.deepEqual(await look({}), ["steamcmd WARNING", "steamcmd-terminal WARNING"]);
    await put(join(root, "bin/script"), "#!/bin/sh\n");
    assert.deepEqual(await look({}), ["steamcmd WARNING"]);
    await put(join(root, "bin/steamcmd"), "#!/bin/sh\n", 0o644);
    assert.deepEqual(await look({}), ["steamcmd WARNING"], "it cannot be run");
    await chmod(join(root, "bin/steamcmd"), 0o755);
    assert.deepEqual(await look({}), ["steamcmd OK"]);
    assert.deepEqual(await look({ asked: join(root, "other") }), ["steamcmd WARNING"], "the one that is asked for is the only one");
    const relativePath = relative(process.cwd(), join(root, "bin/steamcmd"));
    assert.deepEqual(await look({ asked: relativePath }), ["steamcmd WARNING"], "the installer runs in another directory");
    await put(join(root, "home/steamcmd/steamcmd.sh"), "#!/bin/sh\n");
    assert.deepEqual(await look({ path: "/usr/bin" }), ["steamcmd OK"]);
    await put(join(root, "account"), "me\nsecret\n", 0o640);
    const [, account] = await runChecks([steamcmd(() => ({ ...search, accountFile: join(root, "account") }))], signal);
    assert.deepEqual([account?.severity, account?.cure], ["ERROR", `sudo chmod 0600 ${join(root, "account")}`]);
    await chmod(join(root, "account"), 0o600);
    assert.deepEqual(await look({ accountFile: join(root, "account") }), ["steamcmd OK", "steam-account OK"]);
    assert.deepEqual(await look({ accountFile: join(root, "none") }), ["steamcmd OK"]);
  });
});

describe("the older layout", () => {
  test("every leftover has a finding of its own; what is ours has none", async (t) => {
    const root = await scratch(t);
    const [system, layout] = [join(root, "system"), hostLayout(join(root, "left4me"))];
    await mkdir(layout.runtime, { recursive: true });
    const look = () => gradesOf(olderLayout(layout, system));
    assert.deepEqual(await look(), ["older-layout OK"]);
    await put(join(system, "usr/local/lib/systemd/system/other.service"), "");
    await symlink("/dev/null", join(system, "usr/local/lib/systemd/system/left4me-boot.service"));
    await symlink("layers/b0", layout.installation);
    await put(join(system, "etc/passwd"), `left4me:x:${process.getuid?.()}:1::/:/bin/sh\n`);
    await put(join(layout.runtime, "new/format"), "driver=embedded");
    await mkdir(join(layout.runtime, "new/upper"));
    await put(join(system, "etc/sudoers.d/admins"), "%admins ALL=ALL\n");
    assert.deepEqual(await look(), ["older-layout OK"]);

    await put(join(system, "usr/local/lib/systemd/system/left4me-server@.service"), "");
    await put(join(system, "usr/local/libexec/left4me/left4me-overlay"), "");
    await put(join(system, "etc/systemd/system/multi-user.target.wants/left4me-server@a.service"), "");
    await put(join(system, "etc/sudoers.d/old"), "left4me ALL=NOPASSWD: /usr/local/libexec/left4me/left4me-overlay\n");
    await rm(layout.installation);
    await mkdir(layout.installation);
    await mkdir(join(layout.runtime, "a/upper"), { recursive: true });
    const expected = ["older-units", "older-helpers", "older-links", "older-sudoers", "older-installation", "older-uppers"];
    assert.deepEqual(
      await look(),
      expected.map((check) => `${check} WARNING`),
    );
    await rename(join(layout.runtime, "a"), join(root, "kept"));
    assert.ok(!(await look()).includes("older-uppers WARNING"));
  });
});
