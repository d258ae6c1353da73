import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type DaemonOption, type DaemonOptionKey, daemonOptions, flagOf } from "./daemon-options.ts";
import { inheritedSockets } from "./inherited-sockets.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { refuseOpenTcp } from "./open-tcp.ts";
import { StartupError } from "./startup-error.ts";
import { refuseUnusedOptions } from "./unused-options.ts";

const listen = z.string().transform((text, context): ListenAddress => {
  const parsed = parseListenAddress(text);
  if (!("problem" in parsed)) return parsed;
  context.addIssue({ code: "custom", message: parsed.problem });
  return z.NEVER;
});

const userId = z.coerce.number().int().min(1, "games never run as root").max(0xffff_fffe);

/** One value for each option that says how the daemon runs. */
const configSchema = z.object({
  /** Where everything of the host lies; absolute. */
  root: z
    .string()
    .min(1)
    .default(daemonOptions.root.default)
    .transform((path) => resolve(path)),
  listen: z.array(listen).default([]),
  /** TCP is served, without authentication, where games share the loopback addresses. */
  insecureTcp: z.boolean().default(false),
  driver: z.enum(["auto", "embedded", "systemd"]).default(daemonOptions.driver.default),
  /** How the systemd driver reaches PID 1. */
  transport: z.enum(["auto", "dbus", "sudo"]).default(daemonOptions.transport.default),
  /** As whom games run when the daemon runs as root. */
  gameUid: userId.optional(),
  gameGid: userId.optional(),
  /** So many of the newest builds are kept behind an installation; 0 keeps all. */
  keepBuilds: z.coerce.number().int().min(0, "at least 0").max(1000, "at most 1000").prefault(daemonOptions.keepBuilds.default),
  /** So many archives of each instance are kept. */
  keepArchives: z.coerce.number().int().min(1).max(1000).prefault(daemonOptions.keepArchives.default),
  logFormat: z.enum(["text", "json"]).default(daemonOptions.logFormat.default),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default(daemonOptions.logLevel.default),
} satisfies Readonly<Record<Exclude<DaemonOptionKey, "help" | "version">, z.ZodType>>);

/** How the daemon runs. `listen` always holds a unix socket. */
export type Config = z.output<typeof configSchema>;

/** What the command line asks for. */
export type Command = { readonly run: Config } | { readonly print: "help" | "version" };

/** How `parseArgs` is told of them. */
const options = Object.fromEntries(
  Object.entries<DaemonOption>(daemonOptions).map(([key, { value, short, repeatable }]) => [
    flagOf(key).slice(2),
    {
      type: value === undefined ? ("boolean" as const) : ("string" as const),
      ...(short === undefined ? {} : { short }),
      ...(repeatable === undefined ? {} : { multiple: true }),
    },
  ]),
);

/**
 * Reads the command line, and the environment for what it leaves out.
 *
 * @throws StartupError with exit code 2 that names every option which cannot be used
 */
export function parseCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const values = parsedArgs(args);
  if (values["help"] === true) return { print: "help" };
  if (values["version"] === true) return { print: "version" };
  const parsed = configSchema.safeParse(givenValues(values, env));
  if (!parsed.success) throw new StartupError(describeIssues(parsed.error), 2);
  if (parsed.data.driver !== "auto") {
    refuseUnusedOptions(parsed.data, parsed.data.driver);
    refuseOpenTcp(parsed.data, parsed.data.driver);
  }
  return { run: withUnixSocket(parsed.data, inheritedSockets(env, process.pid)) };
}

/** What the command line says, else the environment; what neither says is undefined. */
function givenValues(values: ReturnType<typeof parsedArgs>, env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries<DaemonOption>(daemonOptions).map(([key, { variable }]) => [
      key,
      values[flagOf(key).slice(2)] ?? (variable === undefined ? undefined : nonEmpty(env[variable])),
    ]),
  );
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
  return error.issues.map(({ path, message }) => `${flagOf(String(path[0]))}: ${message}`).join("\n");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
