import type { Interceptor } from "@connectrpc/connect";
import { shuttingDown } from "../domain/failures.ts";
import { HostError } from "../domain/host-error.ts";
import type { HostApi } from "../host/api.ts";
import { orAborted } from "../host/or-aborted.ts";

/** How long a call waits for the host; opening takes longer only where something hangs. */
const patienceMs = 60_000;

/** A host that is still being opened, for services that are made before it. */
export type OpeningHost = {
  /** Stands for the host. Nothing of it may be used before `waitForHost` has let a call through. */
  readonly host: HostApi;
  /** Lets calls wait until the host is open. What keeps it from opening is their answer, a drain included. */
  readonly waitForHost: Interceptor;
};

/** Makes services able to take calls for a host that is not open yet. @param draining aborts when it will not be used any more */
export function openingHost(opening: Promise<HostApi>, draining: AbortSignal): OpeningHost {
  let opened: HostApi | undefined;
  const isOpen = opening.then((host) => {
    opened = host;
  });
  isOpen.catch(() => {}); // whoever opens it tells
  const host = new Proxy({} as HostApi, {
    get(_, name) {
      if (opened === undefined) throw new Error(`the host is not open yet: ${String(name)}`);
      const member: unknown = Reflect.get(opened, name);
      return typeof member === "function" ? member.bind(opened) : member;
    },
  });
  const waitForHost: Interceptor = (next) => async (request) => {
    if (opened === undefined) await orAborted(withPatience(isOpen, draining), request.signal);
    return next(request);
  };
  return { host, waitForHost };
}

async function withPatience(opening: Promise<void>, draining: AbortSignal): Promise<void> {
  const given = Promise.withResolvers<never>();
  const onDrain = () => given.reject(shuttingDown());
  const timer = setTimeout(() => given.reject(stillOpening()), patienceMs);
  draining.addEventListener("abort", onDrain, { once: true });
  if (draining.aborted) onDrain();
  try {
    // The first counts of two that are settled: why the host could not be opened, rather than that the daemon ends for it.
    await Promise.race([opening, given.promise]);
  } finally {
    clearTimeout(timer);
    draining.removeEventListener("abort", onDrain);
  }
}

function stillOpening(): HostError {
  return new HostError("DRIVER_UNAVAILABLE", `the host is still being opened after ${patienceMs / 1000} s; its log may say why`, {
    metadata: { problem: "still-opening" },
  });
}
