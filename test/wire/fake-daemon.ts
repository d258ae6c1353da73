import { runCommand } from "../../src/daemon/run-command.ts";
import { fakeHost } from "./fake-host.ts";

// The daemon as a process of its own, with a host that needs nothing of the machine.
await runCommand(process.argv.slice(2), process.env, async () => fakeHost());
