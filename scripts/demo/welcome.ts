import { join } from "node:path";
import { demoRoot, projectDirectory, shown } from "./daemon-process.ts";
import type { Demo } from "./prepare-demo.ts";

const ctl = () => shown(join(projectDirectory, "bin/l4d2ctl"));

/** What to try next. */
export function printWelcome(address: string, isOurs: boolean, demo: Demo): void {
  process.stdout.write(`
${isOurs ? "The host runs" : "A host runs here already"} at ${address}
with the stand-in game: it behaves like a Left 4 Dead 2 server, but nobody can play on it.
${aboutDemo(demo)}
  In another terminal, try:
    ${ctl()} list                  what there is
    ${ctl()} status demo           one instance in full
    ${ctl()} logs demo             its log, as it comes (Ctrl-C ends)
    ${ctl()} restart demo
    ${ctl()} install               an update of the game, from a stand-in for Steam
    ${ctl()} --help                everything else

${isOurs ? "Ctrl-C ends the host, not the games: they go on, and the next `npm start` takes them up again.\n" : `It keeps the settings and variables with which it was started. ${howToEnd(demoRoot())}\n`}`);
}

function aboutDemo(demo: Demo): string {
  if (demo === undefined) return "";
  return demo.isRunning
    ? `Its instance demo runs on UDP port ${demo.port}.\n`
    : `Its instance demo is stopped; start it: ${ctl()} start demo\n`;
}

/** For a daemon that another `npm start` began. */
export function howToEnd(root: string): string {
  return `Ctrl-C where it was started ends it, or: pkill -f 'daemon/main.ts --root ${root}'`;
}

/** What Ctrl-C left running. */
export async function printGoodbye(root: string): Promise<void> {
  process.stdout.write(`
The host has ended. Games that ran go on below ${shown(root)}: \`npm start\` takes them up again, and
\`npm stop\` ends them all.
`);
}
