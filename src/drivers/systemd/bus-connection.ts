import type { DBusError, Message } from "dbus-native";
import { limited } from "./limited.ts";
import { busUnavailable } from "./unavailable.ts";

/** Where the system bus listens (D-Bus specification, "System message bus"). */
const defaultSocket = "/run/dbus/system_bus_socket";
/** PID 1 answers in turn: a hundred starts at once on a machine at its limits take it over ten seconds. A bus that is gone is told at once. */
const answerTimeoutMs = 60_000;
/** The bus refuses more than 128 calls of one connection without an answer (dbus-daemon(1), max_replies_per_connection). */
const callsAtOnce = 100;

/** A method call to PID 1. `signature` belongs to `body`. */
export type BusCall = {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** Milliseconds until the answer counts as missing. Default: 60 000. */
  readonly timeoutMs?: number;
};

/** A signal as it came from the bus. */
export type BusSignal = { readonly path: string; readonly interface: string; readonly member: string; readonly body: readonly unknown[] };

/** One connection to the system bus; it is not made again. */
export type BusConnection = {
  /** Calls org.freedesktop.systemd1. @throws the DBusError of the answer; HostError DRIVER_UNAVAILABLE when there is none */
  call(call: BusCall): Promise<unknown>;
  /** Has the bus send signals that fit a rule. */
  match(rule: string): Promise<void>;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
};

/**
 * Connects to the system bus. Signals arrive in order, and in order with the answers.
 *
 * The library is loaded here and not before: a daemon with another driver never pays for it.
 * @throws HostError DRIVER_UNAVAILABLE
 */
export async function connectSystemBus(onSignal: (signal: BusSignal) => void, socket = defaultSocket): Promise<BusConnection> {
  const { default: dbus } = await import("dbus-native");
  const bus = dbus.createClient({ socket, timeout: answerTimeoutMs });
  const { connection } = bus;
  let problem: Error | undefined;
  connection.on("error", (error) => (problem = error));
  const closed = new Promise<void>((resolve) => {
    connection.on("close", () => resolve());
    connection.on("end", () => resolve());
  });
  const connected = new Promise<boolean>((resolve) => {
    connection.on("connect", () => resolve(true));
    void closed.then(() => resolve(false));
    connection.on("error", () => resolve(false));
  });
  if (!(await connected)) throw busUnavailable(problem?.message ?? "it closed the connection", problem);
  connection.on("message", (message) => {
    const signal = signalOf(message);
    if (signal !== undefined) onSignal(signal);
  });
  const inTurn = limited(callsAtOnce);
  return {
    call: ({ timeoutMs, body, ...call }) =>
      inTurn(() =>
        answered(
          bus.invoke(
            { destination: "org.freedesktop.systemd1", ...call, ...(body === undefined ? {} : { body: [...body] }) },
            timeoutMs === undefined ? {} : { timeout: timeoutMs },
          ),
        ),
      ),
    match: async (rule) => {
      await answered(bus.invokeDbus({ member: "AddMatch", signature: "s", body: [rule] }));
    },
    closed,
    close: () => void connection.end(),
  };
}

/** The D-Bus name of an error's answer, e.g. `org.freedesktop.systemd1.NoSuchUnit`; empty for other errors. */
export function busErrorName(error: unknown): string {
  return (error as Partial<DBusError> | undefined)?.dbusName ?? "";
}

function signalOf(message: Message): BusSignal | undefined {
  const { type, path, interface: name, member, body } = message;
  if (type !== 4 || path === undefined || name === undefined || member === undefined) return undefined;
  return { path, interface: name, member, body: body ?? [] };
}

/** An answer that will never come is the bus's failure, not PID 1's. */
async function answered(answer: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ECONNCLOSED" || code === "ETIMEDOUT") throw busUnavailable((error as Error).message, error);
    throw error;
  }
}
