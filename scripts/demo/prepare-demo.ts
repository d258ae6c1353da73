import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { projectDirectory } from "./daemon-process.ts";
import { withStandinTree } from "./standin-tree.ts";

const demoPort = 27015;

/** What a newcomer is told of the demo instance; undefined when the host has other instances only. */
export type Demo = { readonly port: number; readonly isRunning: boolean } | undefined;

/** Gives a host that has no build the stand-in game, and one that has no instance a running instance `demo`. */
export async function prepareDemo(address: string): Promise<Demo> {
  const builds = JSON.parse(await cli(address, ["builds", "--json"])) as unknown[];
  if (builds.length === 0) await withStandinTree((tree) => cli(address, ["install", "--import", tree]));
  if ((await listed(address)).length === 0) {
    await cli(address, ["initialize", "demo", "-f", "-"], demoSpec(await freePort()));
    await cli(address, ["start", "demo"]);
  }
  const demo = (await listed(address)).find(({ name }) => name === "demo");
  return demo === undefined ? undefined : { port: demo.spec.port, isRunning: demo.status.state === "INSTANCE_STATE_RUNNING" };
}

type Listed = { readonly name: string; readonly spec: { readonly port: number }; readonly status: { readonly state: string } };

async function listed(address: string): Promise<readonly Listed[]> {
  return JSON.parse(await cli(address, ["list", "--json"])) as Listed[];
}

function demoSpec(port: number): string {
  return [
    "# The specification of the instance `demo`; examples/specs holds more.",
    `port: ${port}`,
    'arguments: ["+map", "c1m1_hotel"]',
    "config:",
    `  - hostname "left4me demo"`,
    "  - sim_log_rate 0.2 # the stand-in game prints a line every five seconds",
    "labels: { made-by: npm-start }",
    "",
  ].join("\n");
}

/** The game's usual port, or any other when somebody has it. */
async function freePort(): Promise<number> {
  return (await isFree(demoPort)) ? demoPort : bindAny(0);
}

async function isFree(port: number): Promise<boolean> {
  return bindAny(port).then(
    () => true,
    () => false,
  );
}

function bindAny(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4").once("error", reject);
    socket.bind(port, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}

/** Runs the very command that a user would. @returns its standard output */
function cli(address: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(projectDirectory, "src/cli/main.ts"), "--address", address, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.once("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`l4d2ctl ${args.join(" ")} exited with code ${code}`))));
    child.stdin.end(input);
  });
}
