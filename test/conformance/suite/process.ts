import assert from "node:assert/strict";
import type { Printout } from "../fixtures/printout.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

/** What a game may find in its environment: the usual names, and those that systemd gives to its services. */
const expectedVariables =
  /^(HOME|PATH|LANG|LC_[A-Z]+|TZ|USER|LOGNAME|SHELL|TERM|PWD|OLDPWD|SHLVL|_|LD_LIBRARY_PATH|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_(WATCH|WRITE)|RUNTIME_DIRECTORY|LEFT4ME_SIM_[A-Z_]+)$/;

const argumentSets = {
  spaces: ["+echo", "one two  three", " ", "  leading", "trailing  ", "tab\tinside"],
  empty: ["-first", "", "-second", "", ""],
  unicode: ["-name", "zoë", "名前", "☃ 🎮", "e\u0301"],
  quotes: ["-q", "'", '"', `it's "quoted"`, "\\", "\\\\n", "`id`"],
  shell: ["-s", "$HOME", "$(id)", "*", "?", "~", "a;b", "a|b", "a&b", ">x", "#x", "{a,b}", "!x"],
  specifiers: ["-p", "%i", "%n", "%%", "%H", "$" + "{name}", "--", "-"],
};

/** The arguments that a specification gave, as the game got them: behind those of the host. */
function ownArguments(printed: Printout, port: unknown): unknown[] {
  const argv = printed.answer("sim_argv");
  assert.ok(Array.isArray(argv));
  return argv.slice(argv.indexOf(String(port)) + 1);
}

/** One game with all the arguments, that looks at itself. */
async function selfPortrait(t: TestContext): Promise<{ printed: Printout; given: unknown[] }> {
  const verbs = ["sim_argv", "sim_id", "sim_env", "sim_ls .", "sim_write left4dead2/cfg/cf_probe.cfg x"];
  const { game, printed } = await t.play(verbs, { arguments: Object.values(argumentSets).flat() });
  return { printed, given: ownArguments(printed, game.spec.port) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const processTests = area("process", (test) => {
  const oneElement = "one element is one argument, never split into words.";
  for (const [slug, set] of Object.entries(argumentSets)) {
    test(`arguments-with-${slug}`, oneElement, async (t) => {
      const { given } = await t.once(selfPortrait);
      const begin = given.indexOf(set[0]);
      assert.deepEqual(given.slice(begin, begin + set.length), set);
      assert.equal(given.length, Object.values(argumentSets).flat().length);
    });
  }

  test("arguments-of-the-largest-size", "At most 256, each at most 4096 bytes, without NUL and line breaks.", async (t) => {
    const given = Array.from({ length: 256 }, (_, index) => `-a${index}`.padEnd(index < 40 ? 4096 : 8, "x"));
    const { game, printed } = await t.play(["sim_argv"], { arguments: given });
    assert.deepEqual(ownArguments(printed, game.spec.port), given);
  });

  test("identity", "Design: the game has its own user, no capabilities, and cannot gain any.", async (t) => {
    const { printed } = await t.once(selfPortrait);
    const id = printed.answer("sim_id");
    assert.ok(isRecord(id));
    assert.notEqual(id["uid"], 0);
    assert.notEqual(id["gid"], 0);
    assert.ok(!Array.isArray(id["groups"]) || !id["groups"].includes(0), JSON.stringify(id["groups"]));
    assert.match(String(id["capEff"]), /^0+$/);
    assert.equal(id["noNewPrivs"], true);
  });

  test("environment", "Design: nothing of the daemon's environment leaks into the game.", async (t) => {
    const { printed } = await t.once(selfPortrait);
    const names = printed.answer("sim_env");
    assert.ok(Array.isArray(names));
    assert.deepEqual(
      names.filter((name) => !expectedVariables.test(name)),
      [],
    );
    assert.ok(names.includes("HOME") && names.includes("PATH"));
  });

  test(
    "the-game-sees-only-its-own-tree-as-its-root",
    "Design: srcds_run runs from the merged directory, whose files are the installation's.",
    async (t) => {
      const { printed } = await t.once(selfPortrait);
      const names = printed.answer("sim_ls .");
      assert.ok(Array.isArray(names) && names.includes("srcds_run") && names.includes("left4dead2"), JSON.stringify(names));
      assert.equal(printed.answer("sim_write left4dead2/cfg/cf_probe.cfg"), "ok", "the game can write through its mount");
    },
  );
});
