// A stand-in for Valve's SteamCMD; ../../README.md says what it does.
import { readBehaviour } from "./behaviour.mjs";
import { Memory } from "./memory.mjs";
import { print } from "./output.mjs";
import { readCommands } from "./read-commands.mjs";
import { updateItself } from "./self-update.mjs";
import { Session } from "./session.mjs";

const behaviour = readBehaviour();
const memory = new Memory(process.env.HOME ?? "/nonexistent");
print(`Redirecting stderr to '${process.env.HOME}/Steam/logs/stderr.txt'`);
print("[  0%] Checking for available updates...");
if (behaviour.self_update && memory.get("updated") !== true) {
  updateItself(memory);
  process.exit(42);
}
print("[----] Verifying installation...");
print("UpdateUI: skip show logoSteam Console Client (c) Valve Corporation - version 1738027521");
print("-- type 'quit' to exit --");
print("Loading Steam API...OK");
const commands = readCommands(process.argv.slice(2));
const session = new Session(behaviour, memory, runOf(commands));
for (const command of commands) session.execute(command);
process.exit(session.exitCode);

function runOf(commands) {
  if (!commands.some(([name]) => name === "app_update")) return "prime";
  return commands.find(([name]) => name === "@sSteamCmdForcePlatformType")?.[1] ?? "linux";
}
