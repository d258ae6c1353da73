import { spawn } from "node:child_process";
import { print } from "./console.mjs";

/** A bound, so that a test that fails cannot leave one behind for ever. */
const SECONDS = 600;

/**
 * Starts a child that outlives the game and keeps the working directory, so its mount, busy. It ignores the stop
 * signals, because those go to the whole control group.
 */
export function spawnHolder() {
  const child = spawn("/bin/sh", ["-c", `trap '' INT TERM HUP; exec sleep ${SECONDS}`], {
    detached: true,
    stdio: "ignore",
  });
  child.on("error", (error) => print(`sim_holder: ${error.message}`));
  if (child.pid) print(`sim_holder: pid ${child.pid}`);
  child.unref();
}
