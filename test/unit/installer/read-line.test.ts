import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readLine } from "../../../src/installer/read-line.ts";

const failure = (reason: string, more: Readonly<Record<string, string>>) => ({ type: "failure", failure: { reason, ...more } });

describe("lines of SteamCMD", () => {
  const progress: Readonly<Record<string, unknown>> = {
    " Update state (0x61) downloading, progress: 39.67 (292827978 / 738158916)": ["DOWNLOADING", 39.67, 292827978, 738158916],
    " Update state (0x61) downloading, progress: 39,67 (292827978 / 738158916)": ["DOWNLOADING", 39.67, 292827978, 738158916],
    " Update state (0x3) reconfiguring, progress: 0.00 (0 / 0)": ["PREPARING", undefined, undefined, undefined],
    " Update state (0x3) reconfiguring, progress: 0,00 (0 / 0)": ["PREPARING", undefined, undefined, undefined],
    " Update state (0x5) verifying install, progress: 0.52 (4006437 / 763500000)": ["VERIFYING", 0.52, 4006437, 763500000],
    " Update state (0x11) preallocating, progress: 8.53 (983870089 / 11530459441)": ["PREPARING", 8.53, 983870089, 11530459441],
    " Update state (0x81) verifying update, progress: 100.00 (5 / 5)": ["VERIFYING", 100, 5, 5],
    " Update state (0x101) committing, progress: 100.01 (6 / 5)": ["VERIFYING", 100, 6, 5],
    " Update state (0x61) downloading, progress: 1 (1 / 99999999999999999999)": ["DOWNLOADING", undefined, undefined, undefined],
    "[  0%] Checking for available updates...": ["PREPARING", 0, undefined, undefined],
    "[ 47%] Downloading update (18,927 of 40,273 KB)...": ["PREPARING", 47, undefined, undefined],
  };
  for (const [line, expected] of Object.entries(progress))
    test(line, () => {
      const meaning = readLine(line);
      assert.equal(meaning?.type, "progress");
      const { phase, percent, doneBytes, totalBytes } = meaning.progress;
      assert.deepEqual([phase, percent, doneBytes, totalBytes], expected);
    });

  const failures: Readonly<Record<string, unknown>> = {
    "Logging in user 'x' to Steam Public...FAILED (Rate Limit Exceeded)": failure("STEAM_RATE_LIMITED", { problem: "Rate Limit Exceeded" }),
    "Logging in user 'x' [U:1:1] to Steam Public...ERROR (Rate Limit Exceeded)": failure("STEAM_RATE_LIMITED", {
      problem: "Rate Limit Exceeded",
    }),
    "FAILED login with result code Invalid Password": failure("STEAM_LOGIN_FAILED", { problem: "Invalid Password" }),
    "Login Failure: Two-factor code mismatch": failure("STEAM_LOGIN_FAILED", { problem: "Two-factor code mismatch" }),
    "FAILED (Account Logon Denied)": failure("STEAM_LOGIN_FAILED", { problem: "Account Logon Denied" }),
    "[----] !!! Fatal Error: Steamcmd needs to be online to update.\t Please confirm your network connection and try again.": failure(
      "STEAM_NETWORK",
      {},
    ),
    "Connecting anonymously to Steam Public...FAILED (No Connection)": failure("STEAM_NETWORK", { problem: "No Connection" }),
    "ERROR! Timed out waiting for AppInfo update.": failure("STEAM_TIMED_OUT", {}),
    "Error! App '222860' state is 0x602 after update job.": failure("STEAM_NETWORK", { state: "0x602" }),
    "Error! State is 0x402 after update job.": failure("STEAM_NETWORK", { state: "0x402" }),
    "ERROR! Failed to install app '222860' (Not enough disk space)": failure("DISK_FULL", {
      problem: "app '222860' (Not enough disk space)",
    }),
    "ERROR! Failed to install app '222860' (Disk write failure)": failure("STEAM_DISK_WRITE", {
      problem: "app '222860' (Disk write failure)",
    }),
    "ERROR! Failed to request AppInfo update, not online or not logged in to Steam.": failure("STEAM_NETWORK", {
      problem: "AppInfo update, not online or not logged in to Steam.",
    }),
    "ERROR! Failed to install app '222860' (Something)": failure("STEAMCMD_FAILED", {
      problem: "ERROR! Failed to install app '222860' (Something)",
    }),
  };
  for (const [line, expected] of Object.entries(failures)) test(line, () => assert.deepEqual(readLine(line), expected));

  test("only the exact words count as success", () => {
    assert.deepEqual(readLine("Success! App '222860' fully installed."), { type: "installed" });
    assert.deepEqual(readLine("Success! App '222860' already up to date."), { type: "current" });
    for (const line of [
      "Success! App '222861' fully installed.",
      " Success! App '222860' fully installed.",
      "x Success! App '222860' fully installed.",
    ])
      assert.equal(readLine(line), undefined, line);
  });

  test("a login, a restart, and what says nothing", () => {
    assert.deepEqual(readLine("Connecting anonymously to Steam Public...OK"), { type: "logged-in" });
    assert.deepEqual(readLine("Connecting anonymously to Steam Public...Logged in OK"), { type: "logged-in" });
    assert.deepEqual(readLine("[----] Update complete, launching Steamcmd..."), { type: "restarting" });
    for (const line of ["Loading Steam API...OK", "WARNING: setlocale('en_US.UTF-8') failed", "[----] Verifying installation..."])
      assert.equal(readLine(line), undefined, line);
  });
});
