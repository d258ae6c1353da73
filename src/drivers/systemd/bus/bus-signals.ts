import type { Message } from "dbus-native";

/** PID 1's name on the bus; the bus's policy lets root alone own it. */
export const pid1Name = "org.freedesktop.systemd1";
/** The bus itself: its signals have this sender, and nobody else's can. */
const busName = "org.freedesktop.DBus";
const signalType = 4;

/** Has the bus tell when PID 1's name changes hands; PID 1 that executes itself anew has another unique name. */
export const ownerRule = `type='signal',sender='${busName}',interface='${busName}',member='NameOwnerChanged',arg0='${pid1Name}'`;

/** A signal as it came from the bus. `sender` is written by the bus and cannot be forged; what is in `body` has not been checked. */
export type BusSignal = {
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
};

/**
 * Lets PID 1's signals pass, and what the bus says of PID 1's name. Match rules do not keep others out: a signal that is
 * addressed to this connection needs none, and any user may send one.
 */
export class SignalGate {
  readonly #pass: (signal: BusSignal) => void;
  #owner = "";
  #told = false;

  constructor(pass: (signal: BusSignal) => void) {
    this.#pass = pass;
  }

  /** Whatever message has arrived. */
  take(message: Message): void {
    const signal = signalOf(message);
    if (signal === undefined) return;
    if (signal.sender === busName) return this.#fromBus(signal);
    if (signal.sender === this.#owner) this.#pass(signal);
  }

  /** The bus has answered who owns the name. What it has signalled counts more: answers are read after the signals that came with them. */
  answered(owner: string): void {
    if (!this.#told) this.#owner = owner;
  }

  #fromBus(signal: BusSignal): void {
    const [name, , owner] = signal.body;
    if (signal.member !== "NameOwnerChanged" || name !== pid1Name || typeof owner !== "string") return;
    this.#told = true;
    this.#owner = owner;
    this.#pass(signal);
  }
}

function signalOf({ type, sender, path, interface: name, member, body }: Message): BusSignal | undefined {
  if (type !== signalType || !sender || path === undefined || name === undefined || member === undefined) return undefined;
  return { sender, path, interface: name, member, body: body ?? [] };
}
