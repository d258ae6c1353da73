import type { HostClient } from "../client/index.ts";
import type { NextCommand } from "./next-command.ts";
import type { Terminal } from "./output/terminal.ts";

/** The options that every command has, and --json, which most have. */
export type GlobalOptions = { readonly address?: string; readonly timeout?: string; readonly json?: boolean };

/** What a command works with. */
export type Session = {
  readonly terminal: Terminal;
  readonly client: HostClient;
  readonly address: string;
  /** Commands for the same host. */
  readonly next: NextCommand;
  /** For reads: `--timeout`, else 10 s, of `doctor` 30 s. */
  readonly read: CallLimits & { readonly timeoutMs: number };
  /** For commands that change something: `--timeout`, else none, because the host has its own limits. */
  readonly change: CallLimits;
};

/** What ends a call early. */
export type CallLimits = { readonly signal: AbortSignal; readonly timeoutMs?: number };
