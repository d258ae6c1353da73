import { parseArgs } from "node:util";

/** What `npm start -- …` asks for. */
export type StartOptions = {
  /** Serves the fake host instead. */
  readonly fake: boolean;
  /** Addresses besides the socket. */
  readonly listen: readonly string[];
  /** The demo's UDP port; undefined: the game's usual one, or any that is free. */
  readonly port: number | undefined;
};

const usage = `Usage: npm start [-- options]

  --port PORT       the demo's UDP port (default: 27015, or any that is free)
  --listen ADDRESS  listens on http://127.0.0.1:PORT too; repeatable
  --fake            serves the fake host: the real contract, but no processes
`;

/** Reads the command line. Ends the process when it asks for help (0), or cannot be used (2). */
export function startOptions(): StartOptions {
  try {
    const { help, fake, listen, port } = parseArgs({
      options: {
        help: { type: "boolean", short: "h", default: false },
        fake: { type: "boolean", default: false },
        listen: { type: "string", multiple: true, default: [] },
        port: { type: "string" },
      },
    }).values;
    if (!help) return { fake, listen, port: port === undefined ? undefined : portOf(port) };
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new Error(`--port is a number from 1 to 65535, not ${JSON.stringify(text)}`);
  return port;
}
