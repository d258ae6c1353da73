#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { userInfo } from "node:os";
import { join } from "node:path";

/**
 * Keeps compiled code between runs: a third of the start-up time.
 *
 * In the home directory that the user database names, never in one that the environment names: under sudo that may be
 * another user's, and whoever can write the cache decides what runs.
 */
function keepCompiledCode(): void {
  try {
    enableCompileCache(join(userInfo().homedir, ".cache/left4me-host"));
  } catch {
    // No such user, no cache.
  }
}

keepCompiledCode();
const { processTerminal } = await import("./output/terminal.ts");
const { runCli } = await import("./run-cli.ts");
process.exitCode = await runCli(process.argv.slice(2), processTerminal());
