import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { HostError } from "../../../src/domain/host-error.ts";
import { eventually, TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";

const managed = "left4dead2/cfg/server.cfg";

/** Runs a script to its end. */
async function play(host: TemporaryHost, script: string, more = {}): Promise<string[]> {
  const target = host.game("alpha", `${script}\necho end; exit 0`, more);
  await host.start(target);
  await host.until("alpha", ({ activeState }) => activeState === "inactive" || activeState === "failed");
  const entries = await host.entries(target, { type: "history", lines: 1e9, invocationId: host.status("alpha").invocationId });
  const lines = entries.filter(({ event }) => event === undefined).map(({ message }) => message);
  assert.equal(lines.pop(), "end", lines.join("\n"));
  return lines;
}

describe("the stack", () => {
  test("the first layer hides the others, and a whiteout hides a file below", async (t) => {
    const host = await TemporaryHost.open(t);
    const layers = [{ a: "top\n" }, { a: "middle\n", b: "middle\n" }, { a: "low\n", b: "low\n", c: "low\n" }].map((files) =>
      host.layer(files),
    );
    assert.deepEqual(await play(host, "cat a b c; rm c; echo changed >b", { layers }), ["top", "middle", "low"]);
    assert.deepEqual(await play(host, "cat a b; [ -e c ] || echo gone", { layers }), ["top", "changed", "gone"]);
    assert.equal(readFileSync(join(layers[2] ?? "", "c"), "utf8"), "low\n");
    assert.equal(await host.driver.reset({ name: "alpha", uid: "uid-alpha" }), true);
    assert.deepEqual(await play(host, "cat b c", { layers }), ["middle", "low"]);
  });

  test("100 layers with names of 64 characters, some of them odd", async (t) => {
    const host = await TemporaryHost.open(t);
    const name = (index: number) => `${String(index).padStart(3, "0")}@%+=._-${"x".repeat(54)}`;
    const layers = Array.from({ length: 100 }, (_, index) =>
      host.layer({ [`file${index}`]: `${index}\n`, top: `${index}\n` }, name(index)),
    );
    assert.equal(name(1).length, 64);
    assert.deepEqual(await play(host, "cat top file0 file99; ls | grep -c '^file'", { layers }), ["0", "0", "99", "100"]);
  });

  test("a root with spaces, commas, colons and backslashes in its path works", async (t) => {
    const host = await TemporaryHost.open(t, {}, "/a b,c:d\\e,lowerdir=f");
    await host.driver.check();
    assert.deepEqual(await play(host, "cat a", { layers: [host.layer({ a: "odd\n" })] }), ["odd"]);
  });

  test("what the daemon may not read of a game's writing is reset all the same", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "mkdir -p d/e && echo x >d/e/f && chmod 000 d/e/f d/e d && ln -s /etc link && chmod 000 .");
    const before = readFileSync("/etc/passwd", "utf8");
    assert.equal(await host.driver.reset({ name: "alpha", uid: "uid-alpha" }), true);
    assert.equal(await host.driver.reset({ name: "alpha", uid: "uid-alpha" }), false);
    await eventually(
      () => readdirSync(join(host.root, "runtime")).every((name) => !name.startsWith(".trash")),
      60_000,
      () => `trash is left: ${host.notes}`,
    );
    assert.equal(readFileSync("/etc/passwd", "utf8"), before);
    assert.deepEqual(await play(host, "[ -e d ] || echo clean"), ["clean"]);
  });

  test("what is discarded goes, also when somebody has removed the directory that it is set aside in", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "echo x >f");
    renameSync(join(host.root, "runtime"), join(host.root, "elsewhere"));
    await host.driver.remove({ name: "alpha", uid: "uid-alpha" });
    assert.equal(existsSync(join(host.root, "embedded/alpha")), false);
  });

  test("trash of a daemon that was killed is swept", async (t) => {
    const host = await TemporaryHost.open(t);
    const trash = join(host.root, "runtime", ".trash-1");
    mkdirSync(join(trash, "0", "x"), { recursive: true });
    chmodSync(join(trash, "0", "x"), 0);
    await host.driver.close();
    await host.reopen([]);
    await eventually(
      () => !existsSync(trash),
      60_000,
      () => "the trash is still there",
    );
  });
});

describe("managed files", () => {
  const script = `cat ${managed}`;
  const hidings = {
    "an old copy": `mkdir -p left4dead2/cfg; echo old >${managed}`,
    "a whiteout": `rm ${managed}`,
    "a whiteout of their directory": "rm -r left4dead2",
    "a directory in their place": `rm ${managed}; mkdir -p ${managed}/full; echo x >${managed}/full/x; chmod 000 ${managed}/full`,
    "a directory without rights": `echo old >${managed}; chmod 000 left4dead2/cfg left4dead2`,
    "a directory made again": "rm -r left4dead2; mkdir -p left4dead2/cfg; echo mine >left4dead2/cfg/mine; touch left4dead2/cfg.renewed",
    "a file in the place of their directory": "rm -r left4dead2; echo x >left4dead2",
  };
  for (const [title, hiding] of Object.entries(hidings)) {
    test(`${title} in upper does not hide them`, async (t) => {
      const host = await TemporaryHost.open(t);
      const layers = [host.layer({ [managed]: "generated\n" })];
      await play(host, hiding, { layers });
      assert.deepEqual(await play(host, script, { layers, managedFiles: [managed, "left4dead2/cfg/server_old.cfg"] }), ["generated"]);
    });
  }

  test("what the game wrote beside them stays", async (t) => {
    const host = await TemporaryHost.open(t);
    const layers = [host.layer({ [managed]: "generated\n" })];
    await play(host, "rm -r left4dead2; mkdir -p left4dead2/cfg; echo mine >left4dead2/cfg/mine", { layers });
    assert.deepEqual(
      await play(host, `${script} left4dead2/cfg/mine; echo more >>left4dead2/cfg/mine`, { layers, managedFiles: [managed] }),
      ["generated", "mine"],
    );
  });

  test("a link in upper is removed, not followed", async (t) => {
    const host = await TemporaryHost.open(t);
    const victim = join(host.root, "victim");
    mkdirSync(join(victim, "cfg"), { recursive: true });
    writeFileSync(join(victim, "cfg", "server.cfg"), "precious");
    const layers = [host.layer({ [managed]: "generated\n" })];
    await play(host, `rm -r left4dead2; ln -s ${victim} left4dead2`, { layers });
    const upper = join(host.root, "runtime", "alpha", "upper", "left4dead2");
    if (!existsSync(upper)) symlinkSync(victim, upper);
    assert.deepEqual(await play(host, script, { layers, managedFiles: [managed] }), ["generated"]);
    assert.equal(readFileSync(join(victim, "cfg", "server.cfg"), "utf8"), "precious");
  });
});

describe("the format of upper", () => {
  test("an upper of another driver, or without a format, is refused until the reset", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "echo x >x");
    const format = join(host.root, "runtime", "alpha", "format");
    assert.match(readFileSync(format, "utf8"), /^driver=embedded xattr=user uid=\d+ gid=\d+\n$/);
    for (const spoil of [() => writeFileSync(format, "driver=systemd xattr=trusted uid=0\n"), () => rmSync(format)]) {
      spoil();
      await assert.rejects(
        host.start(host.game("alpha", "exit 0")),
        (error: HostError) => error.reason === "UPPER_INCOMPATIBLE" && /reset/.test(error.message),
      );
    }
    assert.equal(await host.driver.reset({ name: "alpha", uid: "uid-alpha" }), true);
    assert.deepEqual(await play(host, "[ -e x ] || echo clean"), ["clean"]);
  });
});

test("nothing of a removed instance is left, and a namesake has a log of its own", async (t) => {
  const host = await TemporaryHost.open(t);
  const identity = { name: "alpha", uid: "uid-alpha" };
  await play(host, "echo first; echo x >x");
  await host.driver.remove(identity);
  await host.driver.remove(identity);
  assert.deepEqual(readdirSync(join(host.root, "embedded")), []);
  assert.deepEqual(await play(host, "echo second; [ -e x ] || echo clean"), ["second", "clean"]);
  assert.ok(execFileSync("true") !== undefined);
});
