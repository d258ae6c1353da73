import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { InstallationFailed } from "../../../src/installer/installation-failed.ts";
import { readSettings } from "../../../src/installer/installer-settings.ts";
import { scriptText } from "../../../src/installer/run-script.ts";
import { readSteamAccount } from "../../../src/installer/steam-account.ts";
import { scratch } from "../host/unpack/scratch.ts";

const read = (path: string) => readSteamAccount(readSettings({ HOME: "/h", LEFT4ME_STEAM_ACCOUNT_FILE: path }));

describe("the Steam account", () => {
  const unusable: Readonly<Record<string, readonly [string, RegExp]>> = {
    "one line": ["user\n", /second/],
    "no user": ["\nsecret12\n", /first line/],
    "three lines": ["user\nsecret12\nmore\n", /two lines/],
    "a user with blanks": ["us er\nsecret12\n", /no name/],
    "a short password": ["user\nabc\n", /less than 4/],
    "a long password": [`user\n${"x".repeat(300)}\n`, /more than 256/],
    "a quote in the password": ['user\nsec"ret12\n', /double quote/],
    "a long file": [`user\nsecret12\n${"\n".repeat(5000)}`, /longer than/],
  };
  for (const [name, [text, problem]] of Object.entries(unusable))
    test(`${name} is refused, and its text is not shown`, async (context) => {
      const path = join(await scratch(context), "account");
      await writeFile(path, text, { mode: 0o600 });
      assert.throws(
        () => read(path),
        (error) => {
          assert.ok(error instanceof InstallationFailed);
          assert.equal(error.failure.reason, "STEAM_ACCOUNT_UNUSABLE");
          assert.equal(error.failure.metadata["path"], path);
          assert.match(error.failure.metadata["problem"] ?? "", problem);
          return !JSON.stringify(error.failure).includes("secret12");
        },
      );
    });

  test("directories and pipes are refused at once", async (context) => {
    const directory = await scratch(context);
    await mkdir(join(directory, "d"));
    execFileSync("mkfifo", ["-m", "600", join(directory, "p")]);
    for (const name of ["d", "p"]) assert.throws(() => read(join(directory, name)), /no regular file/);
  });

  test("no file and an empty one mean the anonymous account; lines may end in CRLF", async (context) => {
    const path = join(await scratch(context), "account");
    assert.deepEqual(read(path), { name: "anonymous" });
    await writeFile(path, "\n\n");
    assert.deepEqual(read(path), { name: "anonymous" });
    await writeFile(path, "user\r\n pass word \r\n");
    assert.throws(() => read(path), /mode 06\d\d/);
    execFileSync("chmod", ["600", path]);
    assert.deepEqual(read(path), { name: "user", password: " pass word " });
  });

  test("the script names the directory before the login, and the password in quotes", () => {
    const script = scriptText({ name: "user", password: "pass word" }, { platform: "windows", game: "/a b", validate: true });
    assert.deepEqual(script.split("\n"), [
      "@ShutdownOnFailedCommand 1",
      "@NoPromptForPassword 1",
      "@sSteamCmdForcePlatformType windows",
      'force_install_dir "/a b"',
      'login user "pass word"',
      "app_update 222860 validate",
      "quit",
      "",
    ]);
    assert.throws(() => scriptText({ name: "anonymous" }, { platform: "linux", game: '/a"b', validate: false }), /cannot be told/);
  });
});
