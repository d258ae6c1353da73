import type { DBusConnection, DBusError, MessageBus } from "dbus-native";
import { HostError } from "../../../domain/host-error.ts";
import { limited } from "../limited.ts";
import { busUnavailable } from "../unavailable.ts";
import { type BusSignal, ownerRule, pid1Name, SignalGate } from "./bus-signals.ts";

/** Where the system bus listens (D-Bus specification, "System message bus"). */
const defaultSocket = "/run/dbus/system_bus_socket";
/** PID 1 answers in turn: a hundred starts at once on a machine at its limits take it over ten seconds. A bus that is gone is told at once. */
const answerTimeoutMs = 60_000;
/**
 * The bus refuses more than 128 calls of one connection without an answer (dbus-daemon(1), max_replies_per_connection), and
 * PID 1 a call for which polkit has no answer within 25 s: what waits, waits here, where nothing runs out.
 */
const callsAtOnce = 16;
/** systemd listens for a bus that is down: the connection is made, and nobody ever answers. */
const connectTimeoutMs = 10_000;

export type { BusSignal };

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

/** One connection to the system bus; it is not made again. */
export type BusConnection = {
  /** Calls org.freedesktop.systemd1. @throws the DBusError of the answer; HostError DRIVER_UNAVAILABLE when there is none */
  call(call: BusCall): Promise<unknown>;
  /** Has the bus send signals that fit a rule. */
  match(rule: string): Promise<void>;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  /** Ends it at once; no signal is passed on any more. */
  close(): void;
};

/** How to connect; each has a default. */
export type BusOptions = {
  readonly socket?: string;
  /** Milliseconds until a bus that does not answer counts as away. */
  readonly connectTimeoutMs?: number;
  /** Told of errors thrown while a message was taken in; the next message is taken all the same. */
  readonly log?: (message: string) => void;
};

/**
 * Connects to the system bus. Signals are passed on in order, those of PID 1 and those of the bus about PID 1's name only.
 * The signals of one chunk are passed on before the answers in it are: an answer may be older than a signal that came before it.
 *
 * The library is loaded here and not before: a daemon with another driver never pays for it.
 * @throws HostError DRIVER_UNAVAILABLE
 */
export async function connectSystemBus(onSignal: (signal: BusSignal) => void, options: BusOptions = {}): Promise<BusConnection> {
  const { default: dbus } = await import("dbus-native");
  const bus = dbus.createClient({ socket: options.socket ?? defaultSocket, timeout: answerTimeoutMs });
  const { connection } = bus;
  let open = true;
  const gate = new SignalGate((signal) => {
    if (open) onSignal(signal);
  });
  const log = options.log ?? ((message) => console.error(message));
  // Without this listener, an error thrown by a listener of messages would end the process.
  connection.on("handlerError", (error) => log(`a message of the system bus could not be taken in: ${error}`));
  connection.on("message", (message) => gate.take(message));
  const ended = endOf(connection);
  const close = (): void => {
    open = false;
    connection.end();
    connection.stream.destroy();
  };
  try {
    await within(options.connectTimeoutMs ?? connectTimeoutMs, ended, greet(bus, gate));
  } catch (error) {
    close();
    throw error;
  }
  const inTurn = limited(callsAtOnce);
  return {
    call: ({ timeoutMs, body, ...call }) =>
      inTurn(() =>
        answered(
          bus.invoke(
            { destination: pid1Name, ...call, ...(body === undefined ? {} : { body: [...body] }) },
            timeoutMs === undefined ? {} : { timeout: timeoutMs },
          ),
        ),
      ),
    match: (rule) => match(bus, rule),
    closed: ended.then(() => {}),
    close,
  };
}

/** The D-Bus name of an error's answer, e.g. `org.freedesktop.systemd1.NoSuchUnit`; empty for other errors. */
export function busErrorName(error: unknown): string {
  return (error as Partial<DBusError> | undefined)?.dbusName ?? "";
}

/** Resolves when a connection is gone, or could not be made; with the reason, if there is one. */
function endOf(connection: DBusConnection): Promise<Error | undefined> {
  let problem: Error | undefined;
  return new Promise((resolve) => {
    connection.on("error", (error) => {
      problem ??= error;
      connection.stream.destroy(); // after a failed login the library leaves it open
      resolve(problem);
    });
    connection.on("close", () => resolve(problem));
    connection.on("end", () => resolve(problem));
  });
}

/** Learns who PID 1 is. The calls wait for the login by themselves. */
async function greet(bus: MessageBus, gate: SignalGate): Promise<void> {
  await match(bus, ownerRule);
  try {
    gate.answered(String(await answered(bus.getNameOwner(pid1Name))));
  } catch (error) {
    if (busErrorName(error) !== "org.freedesktop.DBus.Error.NameHasNoOwner") throw error; // it will be signalled
  }
}

async function match(bus: MessageBus, rule: string): Promise<void> {
  await answered(bus.invokeDbus({ member: "AddMatch", signature: "s", body: [rule] }));
}

/** The first answers of a bus. @throws HostError DRIVER_UNAVAILABLE when it ends or is silent instead */
async function within(limitMs: number, ended: Promise<Error | undefined>, greeted: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`it was silent for ${limitMs / 1000} s`), limitMs);
  });
  const gone = ended.then((problem) => problem ?? "it closed the connection");
  try {
    const failure = await Promise.race([
      gone,
      silent,
      greeted.then(
        () => undefined,
        (error: Error) => error,
      ),
    ]);
    if (failure === undefined) return;
    if (failure instanceof HostError) throw failure;
    throw typeof failure === "string" ? busUnavailable(failure) : busUnavailable(failure.message, failure);
  } finally {
    clearTimeout(timer);
  }
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
