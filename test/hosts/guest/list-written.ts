import { readdirSync } from "node:fs";
import { createSystemdDriver } from "../../../src/drivers/systemd/index.ts";

/** Prints, as the daemon's user, what the driver says that a game wrote: list-written.ts TRANSPORT NAME. */
const [transport, name = ""] = process.argv.slice(2);
const driver = createSystemdDriver({ root: "/var/lib/left4me", transport: transport === "sudo" ? "sudo" : "dbus" });
await driver.check();
// Without a uid nothing of theirs is touched.
const names = ["instances", "runtime"].flatMap((directory) => readdirSync(`/var/lib/left4me/${directory}`));
await driver.open(
  names.map((known) => ({ name: known, uid: "" })),
  () => {},
);
const written = await driver.written?.({ name, uid: "any" }, new AbortController().signal);
console.log(JSON.stringify(written ?? null));
process.exit(); // nothing is left to be waited for
