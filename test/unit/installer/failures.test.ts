import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatBytes } from "../../../src/domain/format-bytes.ts";
import type { ErrorReason } from "../../../src/domain/host-error.ts";
import { InstallationFailed } from "../../../src/installer/installation-failed.ts";
import { account, type InstallerOptions, InstallerPlace, standin } from "./installer-run.ts";

/** In `env` a leading `@` stands for the place of the run. */
type Case = InstallerOptions & {
  readonly reason: ErrorReason;
  /** Values of the metadata; undefined = whatever it is, but not empty. */
  readonly metadata: Readonly<Record<string, string | undefined>>;
  readonly exitCode?: number;
  /** So often SteamCMD was run for what failed. */
  readonly tries?: number;
  /** Done before the run. */
  readonly before?: (place: InstallerPlace) => void;
};

const failing = (failure: string, more: Readonly<Record<string, unknown>> = {}) => ({ behaviour: { failures: [{ failure, ...more }] } });
const state = (code: string) => failing("state", { state: code });

/** Much longer than SteamCMD needs to start, which counts as silence, too. */
const silenceMs = "8000";

const cases: Readonly<Record<string, Case>> = {
  "invalid platform, windows": {
    ...failing("invalid_platform"),
    reason: "STEAM_INVALID_PLATFORM",
    metadata: { account: account.name, platform: "windows" },
    exitCode: 8,
  },
  "invalid platform, linux only": {
    ...failing("invalid_platform", { on: "linux" }),
    reason: "STEAM_INVALID_PLATFORM",
    metadata: { account: account.name, platform: "linux" },
  },
  "no subscription": {
    ...failing("no_subscription"),
    reason: "STEAM_NO_SUBSCRIPTION",
    metadata: { account: account.name, platform: "windows" },
    exitCode: 8,
  },
  "missing configuration, for ever": {
    ...failing("missing_configuration"),
    reason: "STEAM_MISSING_CONFIGURATION",
    metadata: { platform: "windows", tries: "4" },
    tries: 4,
  },
  "AppInfo timeout, for ever": {
    ...failing("appinfo_timeout", { on: "linux" }),
    reason: "STEAM_TIMED_OUT",
    metadata: { platform: "linux", tries: "4" },
    exitCode: 1,
    tries: 4,
  },
  "a wrong password is tried once": {
    behaviour: { accounts: { [account.name]: "another" } },
    reason: "STEAM_LOGIN_FAILED",
    metadata: { account: account.name, problem: "Invalid Password" },
    exitCode: 5,
    tries: 1,
  },
  "Steam Guard": {
    ...failing("steam_guard"),
    reason: "STEAM_LOGIN_FAILED",
    metadata: { account: account.name, problem: "Account Logon Denied" },
    exitCode: 5,
    tries: 1,
  },
  "a confirmation in the mobile app": {
    ...failing("mobile_confirmation"),
    reason: "STEAM_LOGIN_FAILED",
    metadata: { account: account.name, problem: "Steam Guard waits for a confirmation in the mobile app" },
    tries: 1,
  },
  "rate limit": { ...failing("rate_limit"), reason: "STEAM_RATE_LIMITED", metadata: { account: account.name }, exitCode: 5, tries: 1 },
  "rate limit behind the priming": {
    ...failing("rate_limit", { on: "linux" }),
    reason: "STEAM_RATE_LIMITED",
    metadata: { account: account.name },
    tries: 1,
  },
  "no connection": { ...failing("no_connection"), reason: "STEAM_NETWORK", metadata: { state: "", tries: "4" }, exitCode: 5, tries: 4 },
  "state 0x202": { ...state("0x202"), reason: "DISK_FULL", metadata: { path: undefined, free_bytes: undefined }, exitCode: 8 },
  "state 0x212": { ...state("0x212"), reason: "DISK_FULL", metadata: { path: undefined, free_bytes: undefined }, exitCode: 8 },
  "state 0x402": { ...state("0x402"), reason: "STEAM_NETWORK", metadata: { state: "0x402", tries: "4" }, exitCode: 8, tries: 4 },
  "state 0x602": { ...state("0x602"), reason: "STEAM_NETWORK", metadata: { state: "0x602", tries: "4" }, exitCode: 8, tries: 4 },
  "state 0x606": { ...state("0x606"), reason: "STEAM_DISK_WRITE", metadata: { state: "0x606" }, exitCode: 8, tries: 1 },
  "state 0x626": { ...state("0x626"), reason: "STEAM_MISSING_FILES", metadata: { state: "0x626" }, exitCode: 8 },
  "state 0x6A6": { ...state("0x6A6"), reason: "STEAM_CORRUPT", metadata: { state: "0x6A6" }, exitCode: 8 },
  "a state that nobody knows": { ...state("0x10E"), reason: "STEAM_STATE", metadata: { state: "0x10E" }, exitCode: 8 },
  "exit code 0 although it failed": {
    ...failing("state", { state: "0x606", exit_code: 0 }),
    reason: "STEAM_DISK_WRITE",
    metadata: { state: "0x606" },
    exitCode: 0,
  },
  "no subscription with exit code 0": {
    ...failing("no_subscription", { exit_code: 0 }),
    reason: "STEAM_NO_SUBSCRIPTION",
    metadata: { account: account.name, platform: "windows" },
    exitCode: 0,
  },
  "a reason that nobody knows": {
    ...failing("reason", { text: "Bad moon rising" }),
    reason: "STEAMCMD_FAILED",
    metadata: { exit_code: "8", last_line: "ERROR! Failed to install app '222860' (Bad moon rising)" },
    exitCode: 8,
  },
  "no success line, exit code 0": {
    ...failing("no_success_line"),
    reason: "INSTALL_INCOMPLETE",
    metadata: { missing: undefined },
    exitCode: 0,
  },
  "no success line for windows": {
    ...failing("no_success_line", { on: "windows" }),
    reason: "INSTALL_INCOMPLETE",
    metadata: { missing: undefined },
  },
  "no success line, another exit code": {
    ...failing("no_success_line", { exit_code: 9 }),
    reason: "STEAMCMD_FAILED",
    metadata: { exit_code: "9", last_line: undefined },
    exitCode: 9,
  },
  "success without a manifest": {
    ...failing("success_without_manifest"),
    reason: "INSTALL_INCOMPLETE",
    metadata: { missing: "steamapps/appmanifest_222860.acf" },
  },
  "success with a manifest that says otherwise": {
    ...failing("success_with_bad_manifest"),
    reason: "INSTALL_INCOMPLETE",
    metadata: { missing: "StateFlags 4 in steamapps/appmanifest_222860.acf (there: 1026)" },
  },
  "success without an executable": {
    ...failing("success_without_executable"),
    reason: "INSTALL_INCOMPLETE",
    metadata: { missing: "srcds_linux (it is not executable)" },
  },
  "success without the program": {
    behaviour: { files: { srcds_linux: null } },
    reason: "INSTALL_INCOMPLETE",
    metadata: { missing: "srcds_linux" },
  },
  "it hangs": {
    ...failing("hang", { on: "linux" }),
    env: { LEFT4ME_INSTALL_SILENCE_MS: silenceMs },
    reason: "STEAM_TIMED_OUT",
    metadata: { platform: "linux", tries: "1", silence_seconds: "8" },
    tries: 1,
  },
  "it hangs while it logs in": {
    ...failing("hang_at_login"),
    env: { LEFT4ME_INSTALL_SILENCE_MS: silenceMs },
    reason: "STEAM_TIMED_OUT",
    metadata: { platform: "", tries: "1", silence_seconds: "8" },
    tries: 1,
  },
  "SIGSEGV below the shell": {
    ...failing("crash"),
    reason: "STEAMCMD_FAILED",
    metadata: { signal: "SIGSEGV", last_line: undefined },
    exitCode: 139,
  },
  "SIGSEGV of the program itself": {
    ...failing("crash"),
    env: { LEFT4ME_STEAMCMD: join(standin, "linux32/steamcmd") },
    reason: "STEAMCMD_FAILED",
    metadata: { signal: "SIGSEGV", last_line: undefined },
  },
  "an exit code that nobody knows, and words on standard error": {
    ...failing("exit", { exit_code: 77, error_text: "cannot allocate 12 moons" }),
    reason: "STEAMCMD_FAILED",
    metadata: { exit_code: "77", last_line: "cannot allocate 12 moons" },
    exitCode: 77,
  },
  "a disk that is too small": {
    env: { LEFT4ME_INSTALL_MIN_FREE: String(2 ** 50) },
    reason: "DISK_FULL",
    metadata: { path: undefined, needed_bytes: String(2 ** 50), free_bytes: undefined, missing_bytes: undefined },
    tries: 0,
  },
  "a disk that is too small for what is announced": {
    behaviour: { claimed_total: 2 ** 50, download_ms: 30_000 },
    reason: "DISK_FULL",
    metadata: { path: undefined, needed_bytes: String(2 ** 50), free_bytes: undefined, missing_bytes: undefined },
  },
  "no SteamCMD": {
    env: { LEFT4ME_STEAMCMD: undefined },
    reason: "STEAMCMD_NOT_FOUND",
    metadata: { searched: undefined },
    tries: 0,
  },
  "not the SteamCMD that was asked for, even with bootstrap": {
    env: { LEFT4ME_STEAMCMD: "/nonexistent/steamcmd.sh" },
    order: { bootstrap: true },
    reason: "STEAMCMD_NOT_FOUND",
    metadata: { searched: "/nonexistent/steamcmd.sh" },
    tries: 0,
  },
  "an account that others can read": {
    before: ({ directory }) => chmodSync(join(directory, "account"), 0o640),
    reason: "STEAM_ACCOUNT_UNUSABLE",
    metadata: { path: undefined, problem: undefined },
    tries: 0,
  },
  "a home directory that cannot be made": {
    env: { HOME: "/proc/nowhere" },
    reason: "HELPER_FAILED",
    metadata: { problem: undefined },
    tries: 0,
  },
  "SteamCMD that cannot be executed": {
    before: ({ directory }) => {
      mkdirSync(join(directory, "bad"));
      writeFileSync(join(directory, "bad/steamcmd.sh"), "#!/nonexistent/shell\n", { mode: 0o755 });
    },
    env: { LEFT4ME_STEAMCMD: "@/bad/steamcmd.sh" },
    reason: "STEAMCMD_NOT_RUNNABLE",
    metadata: { path: undefined, problem: undefined },
    tries: 0,
  },
  "SteamCMD whose 32-bit program the kernel or the loader does not know": {
    before: ({ directory }) => {
      mkdirSync(join(directory, "bad"));
      writeFileSync(join(directory, "bad/steamcmd.sh"), "#!/bin/sh\nexec ./linux32/steamcmd\n", { mode: 0o755 });
    },
    env: { LEFT4ME_STEAMCMD: "@/bad/steamcmd.sh" },
    reason: "STEAMCMD_NOT_RUNNABLE",
    metadata: { path: undefined, problem: undefined },
    exitCode: 127,
    tries: 0,
  },
};

describe("installer: failures", { concurrency: 3 }, () => {
  for (const [name, { reason, metadata, exitCode, tries, before, ...options }] of Object.entries(cases))
    test(name, async (context) => {
      const place = await InstallerPlace.make(context);
      before?.(place);
      const env = Object.fromEntries(Object.entries(options.env ?? {}).map(([key, value]) => [key, value?.replace(/^@/, place.directory)]));
      const { exitCode: ended, failure, events, lines, stderr } = await place.install({ withAccount: true, ...options, env });
      assert.deepEqual({ ended, stderr, reason: failure?.reason }, { ended: 1, stderr: "", reason });
      assert.equal(events[0]?.type, "hello");
      const found = failure?.metadata ?? {};
      for (const [key, value] of Object.entries(metadata)) {
        if (value === undefined) assert.notEqual(found[key] ?? "", "", key);
        else assert.equal(found[key], value, key);
      }
      for (const [key, value] of Object.entries(found)) {
        const shown = key.endsWith("_bytes") && value !== "" ? formatBytes(BigInt(value)) : value;
        assert.ok(failure?.cause.includes(shown), `the cause does not tell ${shown}: ${failure?.cause}`);
      }
      assert.doesNotMatch(failure?.cause ?? "", /[{}]/);
      assert.ok((failure?.cure.length ?? 0) > 20);
      if (exitCode !== undefined) assert.equal(failure?.exitCode, exitCode);
      if (tries !== undefined) assert.equal(triesBefore(lines), tries, lines.join("\n"));
      // Nothing is left: no listing, no script, no password, no process.
      assert.deepEqual(readdirSync(place.outbox).sort(), ["events-0123456789abcdef"]);
      assert.deepEqual(readdirSync(place.home), lines.some((line) => line.includes("Redirecting")) ? ["Steam"] : []);
      assert.deepEqual(place.filesWith(account.password), []);
      assert.deepEqual(place.processes(), []);
      if (lines.some((line) => line.includes("[password]"))) assert.ok(lines.includes("cannot keep [password]"));
    });

  test("the end of standard error is told, without the password", async (context) => {
    const place = await InstallerPlace.make(context);
    const { failure } = await place.install({
      withAccount: true,
      ...failing("exit", { exit_code: 3, error_text: `no ${account.password}!` }),
    });
    assert.match(failure?.stderr ?? "", /no \[password\]!\n$/);
    assert.equal(failure?.metadata["last_line"], "no [password]!");
  });
});

test("people read what a disk lacks in GiB, programs in bytes", () => {
  const metadata = { path: "/srv", needed_bytes: "12000000000", free_bytes: "2147483648", missing_bytes: "9852516352" };
  const { failure } = new InstallationFailed("DISK_FULL", metadata);
  assert.equal(failure.cause, "too little is free at /srv: 11.2 GiB are needed, 2.0 GiB are free, 9.2 GiB are missing");
  assert.deepEqual(failure.metadata, metadata);
  const unknown = new InstallationFailed("DISK_FULL", { path: "/srv", needed_bytes: "", free_bytes: "unknown" });
  assert.equal(unknown.failure.cause, "the disk is full at /srv: unknown free");
});

/** How often SteamCMD was run since it last did what it should. */
function triesBefore(lines: readonly string[]): number {
  const runs = lines.flatMap((line) => {
    if (line.startsWith("Redirecting stderr")) return ["run"];
    return line.startsWith("Success!") || line === "Waiting for user info...OK" ? [line] : [];
  });
  const wasPrimed = lines.filter((line) => line.startsWith('"@sSteamCmdForcePlatformType"')).length > 0;
  const start = runs.findLastIndex((line) => line.startsWith("Success!"));
  const count = runs.slice(start + 1).filter((line) => line === "run").length;
  return wasPrimed && start === -1 ? count - 1 : count;
}
