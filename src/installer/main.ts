#!/usr/bin/env node
import { runInstaller, usage } from "./run-installer.ts";

// What is made here is for the daemon as well, which shares the group.
process.umask(0o027);
if (process.argv.includes("--help")) {
  console.log(usage);
} else {
  try {
    // Everything is told and written; whatever still waits must not keep the job open.
    process.exit(await runInstaller(process.argv.slice(2), process.env));
  } catch (error) {
    console.error(`left4me-installer: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  }
}
