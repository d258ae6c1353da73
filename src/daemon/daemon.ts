import { mkdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-log.ts";
import { ServingState } from "../service/serving-state.ts";
import { StreamSlots } from "../service/stream-slots.ts";
import type { ListenAddress } from "./listen-address.ts";
import { Listeners } from "./listeners.ts";
import { lockRoot } from "./root-lock.ts";
import type { RpcServer, RpcServerLimits } from "./rpc-server.ts";
import { fitHeapTo } from "./small-heap.ts";

/** What a daemon is made of. */
export type DaemonOptions = {
  readonly root: string;
  readonly listen: readonly ListenAddress[];
  readonly log: HostLog;
  /** Opens the host; called once the root is locked. */
  readonly openHost: () => Promise<HostApi>;
  /** Log streams and watches at once. Default: 2000. */
  readonly maxStreams?: number;
  readonly limits?: RpcServerLimits;
};

/** A daemon that listens. */
export type Daemon = {
  /** Where it listens, with the ports that the kernel chose. */
  readonly addresses: readonly string[];
  /** Resolves when the host is open; rejects with what keeps it from opening, and then the daemon has closed. */
  readonly opened: Promise<void>;
  readonly slots: StreamSlots;
  /** Connections that are open now. */
  readonly connections: number;
  /** Drains and ends within {@link closeLimitMs}. Games go on. */
  close(): Promise<void>;
};

/** How long a drain may take. */
export const closeLimitMs = 4500;
const hostCloseMs = 3000;

/**
 * Locks the root and listens; then opens the host and serves it. Calls that come before it is open wait for it.
 *
 * @throws StartupError when another daemon runs there, or when an address cannot be had
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  mkdirSync(options.root, { recursive: true, mode: 0o700 });
  const lock = await lockRoot(options.root);
  const listeners = new Listeners();
  const addresses: string[] = [];
  try {
    for (const address of options.listen) addresses.push(await listeners.bind(address));
  } catch (error) {
    listeners.close();
    lock.release();
    throw error;
  }
  const slots = new StreamSlots(options.maxStreams, fitHeapTo);
  const { opened, close } = openAndServe(options, listeners, slots, () => lock.release());
  return {
    addresses,
    slots,
    opened,
    close,
    get connections() {
      return listeners.connections.size;
    },
  };
}

function openAndServe(options: DaemonOptions, listeners: Listeners, slots: StreamSlots, released: () => void) {
  const serving = new ServingState({ isOpen: false });
  // Whoever started us is told first that we listen. Programs that opening runs run while the services are loaded.
  const opening = nextTurn().then(options.openHost);
  const server = nextTurn().then(async () => {
    const rpc = await load(options, opening, serving, slots);
    listeners.serve((socket) => rpc.accept(socket));
    return rpc;
  });

  const closeAll = async () => {
    serving.drain();
    listeners.close();
    const rpc = await server.catch(() => undefined); // `opened` tells why there is none
    rpc?.drain();
    await Promise.race([opening.then((host) => host.close()).catch(() => {}), elapsed(hostCloseMs)]);
    serving.close();
    await rpc?.close(closeLimitMs - hostCloseMs);
    released();
  };
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll());

  const open = async () => {
    try {
      await Promise.all([opening, server]);
      serving.open();
    } catch (error) {
      await close();
      throw error;
    }
  };
  const opened = open();
  opened.catch(() => {}); // for whoever waits for it
  return { opened, close };
}

/** Everything that speaks HTTP or knows the contract is loaded only now: it is most of the program. */
async function load(
  { log, limits }: DaemonOptions,
  opening: Promise<HostApi>,
  serving: ServingState,
  slots: StreamSlots,
): Promise<RpcServer> {
  const { serveHost } = await import("./serve-host.ts");
  return serveHost({ opening, log, serving, slots, ...(limits === undefined ? {} : { limits }) });
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
