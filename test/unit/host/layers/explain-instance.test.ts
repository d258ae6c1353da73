import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BuildFiles } from "../../../../src/host/layers/build-files.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { scratch } from "../unpack/scratch.ts";
import { LayerHost, messagesOf, originsOf } from "./layer-host.ts";

const { signal } = new AbortController();
const plugins = "left4dead2/addons/sourcemod/plugins";
const server = "left4dead2/cfg/server.cfg";

/** A whiteout of overlayfs; undefined where this process may not make one. */
function whiteout(t: TestContext, path: string): boolean {
  try {
    execFileSync("mknod", [path, "c", "0", "0"], { stdio: "pipe" });
    return true;
  } catch (error) {
    t.skip(`no whiteouts can be made here: ${(error as Error).message}`);
    return false;
  }
}

describe("where files come from", () => {
  test("what is in several layers, and what hides a file of the build", async (t) => {
    const { explain } = bound(
      await LayerHost.open(t, { "left4dead2/motd.txt": "build", "left4dead2/x.txt": "b", "left4dead2/y.txt": "b" }),
      {
        high: { "left4dead2/x.txt": "high", "left4dead2/only.txt": "1" },
        low: { "left4dead2/x.txt": "lower", "left4dead2/z.txt": "2", "left4dead2/motd.txt": "motd" },
      },
    );
    const explanation = await explain("high", "low");
    assert.deepEqual(originsOf(explanation), [`${server}: 1`, "left4dead2/motd.txt: 3 4", "left4dead2/x.txt: 2 3 4"]);
    assert.deepEqual([explanation.files.at(-1)?.sizeBytes, explanation.filesTruncated, explanation.written?.files], [4, false, []]);
  });

  test("configuration, addons and texts are told although they hide nothing", async (t) => {
    const told = [
      "left4dead2/addons/a.vpk",
      "left4dead2/addons/metamod.vdf",
      "left4dead2/addons/sourcemod/bin/sourcemod.2.l4d2.so",
      `${plugins}/p.smx`,
      "left4dead2/cfg/a/b.cfg",
      "left4dead2/host.txt",
      "left4dead2/mapcycle.txt",
      "left4dead2/missions/m.txt",
      "left4dead2/mymotd.txt",
    ];
    const others = ["left4dead2/addons/readme.txt", "left4dead2/maps/a.bsp", "cfg/a.cfg", "left4dead2/models/a.cfg"];
    const { explain } = bound(await LayerHost.open(t, {}), { all: Object.fromEntries([...told, ...others].map((path) => [path, ""])) });
    assert.deepEqual(
      originsOf(await explain("all")),
      [...told, server].sort().map((path) => `${path}: ${path === server ? 1 : 2}`),
    );
  });

  test("the generated configuration hides an overlay's, and an alias shows it again", async (t) => {
    const { explain } = bound(await LayerHost.open(t, { [server]: "" }), { a: { [server]: "echo a\n" }, b: { [server]: "" } });
    const exposed = await explain({ ref: "a", alias: "x" }, "b");
    assert.deepEqual(originsOf(exposed), [`${server}: 1 2 3 4`, "left4dead2/cfg/server_x.cfg: 1"]);
    assert.deepEqual(messagesOf(exposed, "NO_SERVER_CFG"), [
      `the ${server} of the overlay "b" is hidden by the generated one and not executed; give the overlay an alias to execute it`,
    ]);
    assert.equal(exposed.warnings.find(({ code }) => code === "NO_SERVER_CFG")?.field, "spec.overlays[1].alias");
  });

  test("what hides comes first when there are too many", async (t) => {
    const files = Object.fromEntries(Array.from({ length: 1005 }, (_, n) => [`left4dead2/cfg/${String(n).padStart(4, "0")}.cfg`, ""]));
    const { explain } = bound(await LayerHost.open(t, { "left4dead2/z.txt": "" }), { many: files, z: { "left4dead2/z.txt": "" } });
    const explanation = await explain("many", "z");
    assert.deepEqual([explanation.files.length, explanation.filesTruncated], [1000, true]);
    assert.equal(originsOf(explanation).at(-1), "left4dead2/z.txt: 3 4");
    const paths = explanation.files.map(({ path }) => path);
    assert.deepEqual(paths, [...paths].sort());
  });

  test("a whiteout in an overlay hides what lies below it, the build's too", async (t) => {
    const layers = await LayerHost.open(t, { "left4dead2/gone.txt": "", "left4dead2/cfg/d/a.cfg": "" });
    const directory = layers.byHand("hand", {});
    mkdirSync(join(directory, "left4dead2/cfg"));
    if (!whiteout(t, join(directory, "left4dead2/gone.txt")) || !whiteout(t, join(directory, "left4dead2/cfg/d"))) return;
    const { explain } = bound(layers, { low: { "left4dead2/gone.txt": "", "left4dead2/cfg/d/a.cfg": "", "left4dead2/cfg/e.cfg": "" } });
    assert.deepEqual(originsOf(await explain("hand", "low")), ["left4dead2/cfg/e.cfg: 3", `${server}: 1`]);
  });

  test("an overlay put there by hand may hold anything", async (t) => {
    const layers = await LayerHost.open(t, {});
    const directory = layers.byHand("hand", { "left4dead2/cfg/a.cfg": "" });
    symlinkSync("/etc", join(directory, "left4dead2/etc"));
    symlinkSync("/etc/passwd", join(directory, "left4dead2/cfg/linked.cfg"));
    symlinkSync("loop", join(directory, "left4dead2/loop"));
    execFileSync("mkfifo", [join(directory, "left4dead2/cfg/pipe.cfg")]);
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/left4dead2/cfg/`), Buffer.from([0xff, 0x2e]), Buffer.from("cfg")]), "");
    const explanation = await layers.explain("hand");
    const names = ["a.cfg: 2", "linked.cfg: 2", "pipe.cfg: 2", "server.cfg: 1"];
    assert.deepEqual(
      originsOf(explanation),
      names.map((name) => `left4dead2/cfg/${name}`),
    );
  });

  test("an explanation ends with its caller", async (t) => {
    const layers = await LayerHost.open(t, {});
    layers.byHand("hand", Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`left4dead2/cfg/${n}.cfg`, ""])));
    await layers.explain("hand");
    const abort = new AbortController();
    const explained = layers.host.explain("a", abort.signal);
    setImmediate(() => abort.abort(new Error("the caller has gone")));
    await assert.rejects(explained, /the caller has gone/);
    await assert.rejects(layers.host.explain("a", AbortSignal.abort(new Error("gone before"))), /gone before/);
    assert.equal(originsOf(await layers.host.explain("a", signal)).length, 501, "and keeps nobody");
  });

  test("the event loop is free while 12 000 files are looked at", async (t) => {
    const layers = await LayerHost.open(t, {});
    const directory = layers.byHand("hand", {});
    for (let d = 0; d < 12; d += 1) {
      mkdirSync(join(directory, `left4dead2/cfg/${d}`), { recursive: true });
      for (let n = 0; n < 1000; n += 1) writeFileSync(join(directory, `left4dead2/cfg/${d}/${n}.txt`), "");
    }
    // This thread's processor time, not the clock: other programs may keep us from running.
    const used = () => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    };
    let [longest, last] = [0, used()];
    const timer = setInterval(() => {
      longest = Math.max(longest, used() - last);
      last = used();
    }, 1);
    const begun = used();
    const explanation = await layers.explain("hand");
    clearInterval(timer);
    const whole = used() - begun;
    t.diagnostic(`${Math.round(longest)} of ${Math.round(whole)} ms of processor time in one go at most`);
    assert.equal(explanation.filesTruncated, false);
    assert.ok(longest < Math.max(50, whole / 5), `${longest} of ${whole} ms`);
  });
});

test("a build of several layers: whiteouts and files in upper ones hide what lower ones have", async (t) => {
  const root = await scratch(t);
  const [top = "", bottom = ""] = ["top", "bottom"].map((name) => join(root, name));
  for (const directory of [top, join(bottom, "d"), join(bottom, "f"), join(bottom, "w/x")]) mkdirSync(directory, { recursive: true });
  for (const file of ["top/f", "top/a", "bottom/b", "bottom/gone", "bottom/d/c", "bottom/f/g", "bottom/w/x/y"])
    writeFileSync(join(root, file), "");
  symlinkSync(root, join(top, "link"));
  if (!whiteout(t, join(top, "gone")) || !whiteout(t, join(top, "w"))) return;
  const build = new BuildFiles([top, bottom]);
  const found: Record<string, string | undefined> = {};
  for (const path of ["a", "b", "d/c", "d/none", "f", "f/g", "gone", "w", "w/x/y", "link", "link/top/a"])
    found[path] = await build.find(path);
  assert.deepEqual(found, {
    a: "file",
    b: "file",
    "d/c": "file",
    "d/none": undefined,
    f: "file",
    "f/g": undefined,
    gone: undefined,
    w: undefined,
    "w/x/y": undefined,
    link: "link",
    "link/top/a": undefined,
  });
});

describe("misplaced addons", () => {
  const rows: readonly (readonly [path: string, cure: RegExp | undefined])[] = [
    ["campaign.vpk", /left4dead2\/addons/],
    ["left4dead2/campaign.VPK", /left4dead2\/addons/],
    ["addons/sourcemod/plugins/a.smx", /looks for addons in left4dead2\/addons\//],
    ["left4dead2/left4dead2/addons/a.vpk", /stands twice/],
    ["zonemod/left4dead2/addons/a.vpk", /top directory/],
    ["left4dead2/addons/addons/a.vpk", /left4dead2\/addons\/ itself/],
    ["left4dead2/addons/left4dead2/cfg/a.cfg", /left4dead2\/addons\/ itself/],
    ["left4dead2/sourcemod/plugins/a.smx", /SourceMod belongs in/],
    ["sourcemod/plugins/a.smx", /SourceMod belongs in/],
    ["left4dead2/metamod/bin/server.so", /Metamod belongs in/],
    ["metamod.vdf", /Metamod belongs in/],
    ["left4dead2/addons/a.vpk", undefined],
    ["left4dead2/pak01_dir.vpk", undefined],
    ["left4dead2_dlc1/pak01_dir.vpk", undefined],
    ["left4dead2/addons/metamod/bin/server.so", undefined],
    ["left4dead2/addons/sourcemod/configs/core.cfg", undefined],
    ["readme.txt", undefined],
  ];
  for (const [path, cure] of rows) {
    test(`${path}: ${cure === undefined ? "nothing to say" : "a warning"}`, async (t) => {
      const { explain } = bound(await LayerHost.open(t), { mod: { [path]: "" } });
      const messages = messagesOf(await explain("mod"), "MISPLACED_ADDON");
      assert.equal(messages.length, cure === undefined ? 0 : 1, messages.join("\n"));
      if (cure !== undefined) assert.match(messages[0] ?? "", cure);
      for (const message of messages) assert.ok(message.includes(`"mod" has ${path} where`), message);
    });
  }

  test("one warning a kind of mistake, with a few examples", async (t) => {
    const files = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [`left4dead2/${name}.vpk`, ""]));
    const { explain } = bound(await LayerHost.open(t), { mod: files });
    const explanation = await explain("mod");
    const [message, ...more] = messagesOf(explanation, "MISPLACED_ADDON");
    assert.deepEqual(more, []);
    assert.match(message ?? "", /left4dead2\/[a-e]\.vpk, left4dead2\/[a-e]\.vpk, left4dead2\/[a-e]\.vpk and 2 more where/);
    assert.equal(explanation.warnings.find(({ code }) => code === "MISPLACED_ADDON")?.field, "spec.overlays[0]");
  });
});

describe("duplicate plugins", () => {
  test("one name under several paths, over all layers and the build", async (t) => {
    const { explain } = bound(await LayerHost.open(t, { [`${plugins}/build.smx`]: "" }), {
      a: { [`${plugins}/x/one.smx`]: "", [`${plugins}/y/Build.smx`]: "", [`${plugins}/same.smx`]: "" },
      b: { [`${plugins}/one.smx`]: "", [`${plugins}/same.smx`]: "" },
    });
    assert.deepEqual(messagesOf(await explain("a", "b"), "DUPLICATE_PLUGIN"), [
      `the plugin build.smx is loaded more than once: ${plugins}/build.smx, ${plugins}/y/Build.smx; keep one of them`,
      `the plugin one.smx is loaded more than once: ${plugins}/one.smx, ${plugins}/x/one.smx; keep one of them`,
    ]);
  });

  test("what is disabled, optional or elsewhere is not loaded", async (t) => {
    const { explain } = bound(await LayerHost.open(t, {}), {
      a: { [`${plugins}/p.smx`]: "", [`${plugins}/disabled/p.smx`]: "", [`${plugins}/optional/x/p.smx`]: "" },
      b: { "left4dead2/addons/p.smx": "", [`${plugins}/p.txt`]: "", [`${plugins}/x/p.txt`]: "" },
    });
    assert.deepEqual(messagesOf(await explain("a", "b"), "DUPLICATE_PLUGIN"), []);
  });
});

describe("Steam's client library", () => {
  const manifest = { "steamapps/appmanifest_222860.acf": '"AppState"\n{\n\t"buildid"\t\t"123"\n}\n' };
  const missing = async (layers: LayerHost, ...refs: string[]) => messagesOf(await layers.explain(...refs), "STEAM_CLIENT_MISSING").length;

  test("is missing from a build of Steam's", async (t) => {
    const layers = await LayerHost.open(t, manifest);
    assert.equal(await missing(layers), 1);
    await layers.importOverlay("steam", { ".steam/sdk32/steamclient.so": "" });
    assert.equal(await missing(layers, "steam"), 0);
    await layers.importOverlay("bin", { "bin/steamclient.so": "" });
    assert.equal(await missing(layers, "bin"), 0);
    await layers.importOverlay("other", { "bin/other.so": "", ".steam/sdk64/steamclient.so": "" });
    assert.equal(await missing(layers, "other"), 1);
  });

  test("may be in the build; a stand-in needs none", async (t) => {
    assert.equal(await missing(await LayerHost.open(t, { ...manifest, ".steam/sdk32/steamclient.so": "" })), 0);
    assert.equal(await missing(await LayerHost.open(t, {})), 0);
  });
});

/** A driver whose games have a user and a group of their own. */
class DriverWithUsers extends FakeDriver {
  override readonly info = { ...new FakeDriver().info, gameUid: 901, layerOwner: { uid: 0, gid: 902 } };
}

describe("modes of overlays put there by hand", { skip: process.getuid?.() !== 0 && "only root can give files to others" }, () => {
  test("what the game's group cannot use is told with the command that repairs it", async (t) => {
    const layers = await LayerHost.open(t, {}, new DriverWithUsers());
    const directory = layers.byHand("it_s/mine", { "left4dead2/cfg/a.cfg": "", "left4dead2/cfg/b.cfg": "" });
    const ref = "it_s/mine";
    const [message = "", ...more] = messagesOf(await layers.explain(ref), "OVERLAY_MODES");
    assert.deepEqual(more, []);
    const command = message.slice(message.indexOf("repair it: ") + "repair it: ".length);
    const path = `'${directory}'`;
    const expected = `sudo chown -hR 0:902 ${path}; sudo find ${path} -type d -exec chmod 0775 {} +; sudo find ${path} -type f -exec chmod ug+rw {} +`;
    assert.equal(command, expected);
    execFileSync("sh", ["-c", command.replaceAll("sudo ", "")]);
    assert.deepEqual(messagesOf(await layers.explain(ref), "OVERLAY_MODES"), [], "the command repairs it");
    chmodSync(join(directory, "left4dead2/cfg/b.cfg"), 0o644);
    assert.match(messagesOf(await layers.explain(ref), "OVERLAY_MODES")[0] ?? "", /read or write left4dead2\/cfg\/b\.cfg of/);
    chmodSync(join(directory, "left4dead2/cfg/b.cfg"), 0o664);
    chmodSync(join(directory, "left4dead2/cfg"), 0o755);
    assert.match(messagesOf(await layers.explain(ref), "OVERLAY_MODES")[0] ?? "", /read or write left4dead2\/cfg of/);
    chownSync(join(directory, "left4dead2/cfg"), 901, 0);
    assert.deepEqual(messagesOf(await layers.explain(ref), "OVERLAY_MODES"), [], "the owner's bits count for the owner");
  });

  test("imported ones, and hosts without real games, have nothing to say", async (t) => {
    const layers = await LayerHost.open(t, {}, new DriverWithUsers());
    await layers.importOverlay("imported", { "left4dead2/cfg/a.cfg": "" });
    assert.deepEqual(messagesOf(await layers.explain("imported"), "OVERLAY_MODES"), []);
    const fake = await LayerHost.open(t, {});
    chmodSync(join(fake.byHand("hand", { "left4dead2/a": "" }), "left4dead2/a"), 0);
    assert.deepEqual(messagesOf(await fake.explain("hand"), "OVERLAY_MODES"), []);
  });
});

describe("an overlay that is edited while games run on it", () => {
  const isEdited = async ({ host }: LayerHost, ref: string) =>
    (await host.overlays(signal)).find((overlay) => overlay.ref === ref)?.editedInUse;

  test("is told by the list and by the explanation, until the game runs on what there is", async (t) => {
    const layers = await LayerHost.open(t, {});
    const directory = layers.byHand("hand", { "left4dead2/cfg/a.cfg": "" });
    await layers.initialize({ overlays: [{ ref: "hand" }] });
    await sleep(20);
    await layers.start();
    assert.equal(await isEdited(layers, "hand"), false);
    await sleep(20);
    rmSync(join(directory, "left4dead2/cfg/a.cfg"));
    const [message] = messagesOf(await layers.host.explain("a", signal), "OVERLAY_EDITED_IN_USE");
    assert.match(message ?? "", /"hand" was edited while a ran on it/);
    await sleep(3100); // the list looks once in three seconds
    assert.equal(await isEdited(layers, "hand"), true);
    await layers.host.restart({ name: "a", etag: "", waitFor: "ACTIVE" }, { identity: "test", signal });
    assert.equal(await isEdited(layers, "hand"), false);
    assert.deepEqual(messagesOf(await layers.host.explain("a", signal), "OVERLAY_EDITED_IN_USE"), []);
  });

  test("is not told when nothing runs, nor of imports", async (t) => {
    const layers = await LayerHost.open(t, {});
    const directory = layers.byHand("hand", {});
    await layers.importOverlay("imported", { "left4dead2/a": "" });
    await layers.initialize({ overlays: [{ ref: "imported" }] });
    await layers.start();
    await sleep(20);
    writeFileSync(join(directory, "left4dead2/new"), "");
    await layers.importOverlay("imported", { "left4dead2/a": "other" });
    assert.deepEqual([await isEdited(layers, "hand"), await isEdited(layers, "imported")], [false, false]);
    assert.deepEqual(messagesOf(await layers.host.explain("a", signal), "OVERLAY_EDITED_IN_USE"), []);
  });
});

test("a specification that is only validated is told the same, and a start nothing of it", async (t) => {
  const layers = await LayerHost.open(t, {});
  await layers.importOverlay("mod", { "addons/a.smx": "" });
  const spec = { overlays: [{ ref: "mod" }] };
  const validated = await layers.initialize(spec, true);
  assert.equal(messagesOf(validated, "MISPLACED_ADDON").length, 1);
  assert.deepEqual(validated.explanation?.warnings, validated.warnings);
  assert.deepEqual(messagesOf(await layers.initialize(spec), "MISPLACED_ADDON"), []);
  const started = await layers.host.start({ name: "a", etag: "", waitFor: "ACTIVE" }, { identity: "test", signal });
  assert.deepEqual(messagesOf(started, "MISPLACED_ADDON"), []);
});

/** Makes the overlays before the first explanation. */
function bound(layers: LayerHost, overlays: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const made = async () => {
    for (const [ref, files] of Object.entries(overlays)) await layers.importOverlay(ref, files);
  };
  return {
    explain: async (...refs: Parameters<LayerHost["explain"]>) => {
      await made();
      return await layers.explain(...refs);
    },
  };
}
