import assert from "node:assert/strict";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { placeSteamClient } from "../../../src/installer/place-steam-client.ts";

test("a file takes the place of a link that dangles, or leads where the game cannot go", (t) => {
  const root = mkdtempSync(join(tmpdir(), "left4me-client-"));
  t.after(() => rmSync(root, { recursive: true }));
  const [directory, home, game] = [join(root, "steamcmd"), join(root, "home"), join(root, "game")];
  for (const place of ["linux32", "linux64"]) {
    mkdirSync(join(directory, place), { recursive: true });
    writeFileSync(join(directory, place, "steamclient.so"), place);
  }
  const place = () => placeSteamClient({ file: join(directory, "steamcmd.sh"), directory }, home, game);
  const sees = (to: string) => {
    const path = join(game, ".steam", to);
    assert.ok(lstatSync(path).isDirectory() && lstatSync(join(path, "steamclient.so")).isFile(), to);
    return readFileSync(join(path, "steamclient.so"), "utf8");
  };
  mkdirSync(join(game, ".steam"), { recursive: true });
  symlinkSync(join(directory, "linux32"), join(game, ".steam/sdk32"));
  symlinkSync("nowhere", join(game, ".steam/sdk64"));
  place();
  assert.deepEqual([sees("sdk32"), sees("sdk64")], ["linux32", "linux64"]);
  rmSync(join(game, ".steam"), { recursive: true });
  symlinkSync(join(root, "gone"), join(game, ".steam"));
  place();
  assert.deepEqual([sees("sdk32"), sees("sdk64")], ["linux32", "linux64"]);
});
