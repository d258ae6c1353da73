import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { inheritedSockets } from "./inherited-sockets.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { StartupError } from "./startup-error.ts";
import { refuseUnusedOptions } from "./unused-options.ts";

const listen = z.string().transform((text, context): ListenAddress => {
  const parsed = parseListenAddress(text);
  if (!("problem" in parsed)) return parsed;
  context.addIssue({ code: "custom", message: parsed.problem });
  return z.NEVER;
});

const userId = z.coerce.number().int().min(1, "games never run as root").max(0xffff_fffe);

const configSchema = z.object({
  /** Where everything of the host lies; absolute. */
  root: z
    .string()
    .min(1)
    .default("/var/lib/left4me")
    .transform((path) => resolve(path)),
  listen: z.array(listen).default([]),
  driver: z.enum(["auto", "embedded", "systemd"]).default("auto"),
  /** How the systemd driver reaches PID 1. */
  transport: z.enum(["auto", "dbus", "sudo"]).default("auto"),
  /** As whom games run when the daemon runs as root. */
  gameUid: userId.optional(),
  gameGid: userId.optional(),
  logFormat: z.enum(["text", "json"]).default("text"),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** How the daemon runs. `listen` always holds a unix socket. */
export type Config = z.output<typeof configSchema>;

/** What the command line asks for. */
export type Command = { readonly run: Config } | { readonly print: "help" | "version" };

const options = {
  root: { type: "string" },
  listen: { type: "string", multiple: true },
  driver: { type: "string" },
  transport: { type: "string" },
  "game-uid": { type: "string" },
  "game-gid": { type: "string" },
  "log-format": { type: "string" },
  "log-level": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/**
 * Reads the command line, and the environment for what it leaves out.
 *
 * @throws StartupError with exit code 2 that names every option which cannot be used
 */
export function parseCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const values = parsedArgs(args);
  if (values.help === true) return { print: "help" };
  if (values.version === true) return { print: "version" };
  const parsed = configSchema.safeParse({
    root: values.root ?? nonEmpty(env["LEFT4ME_ROOT"]),
    listen: values.listen,
    driver: values.driver ?? nonEmpty(env["LEFT4ME_DRIVER"]),
    transport: values.transport ?? nonEmpty(env["LEFT4ME_TRANSPORT"]),
    gameUid: values["game-uid"] ?? nonEmpty(env["LEFT4ME_GAME_UID"]),
    gameGid: values["game-gid"] ?? nonEmpty(env["LEFT4ME_GAME_GID"]),
    logFormat: values["log-format"],
    logLevel: values["log-level"],
  });
  if (!parsed.success) throw new StartupError(describeIssues(parsed.error), 2);
  if (parsed.data.driver !== "auto") refuseUnusedOptions(parsed.data, parsed.data.driver);
  return { run: withUnixSocket(parsed.data, inheritedSockets(env, process.pid)) };
}

/** Whoever may open the socket's file may control the host: there is always one, ours or the service manager's. */
function withUnixSocket(parsed: Config, inherited: readonly ListenAddress[]): Config {
  const config = { ...parsed, listen: [...inherited, ...parsed.listen] };
  if (config.listen.some(({ kind }) => kind === "unix" || kind === "inherited")) return config;
  const address = parseListenAddress(`unix:${join(config.root, "hostd.sock")}`);
  if ("problem" in address) throw new StartupError(`cannot listen on ${address.problem}`, 2);
  return { ...config, listen: [address, ...config.listen] };
}

function parsedArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new StartupError(`${error instanceof Error ? error.message : String(error)}\nSee left4me-hostd --help`, 2);
  }
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `--${optionName(path[0])}: ${message}`).join("\n");
}

/** `gameUid` is written `--game-uid`. */
function optionName(key: PropertyKey | undefined): string {
  return String(key).replace(/[A-Z]/g, (upper) => `-${upper.toLowerCase()}`);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
