import { HostError } from "./host-error.ts";
import type { Operation, Verb } from "./instance.ts";

/**
 * The texts of failures that several places raise. Each says what was asked, what was found and what to do next; every
 * dynamic value stands in the metadata too.
 */

export function instanceNotFound(name: string): HostError {
  return new HostError("INSTANCE_NOT_FOUND", `there is no instance "${name}"; initialize it first`, {
    metadata: { name },
  });
}

export function instanceExists(name: string, uid: string): HostError {
  return new HostError("INSTANCE_EXISTS", `the instance "${name}" exists already (uid ${uid}); omit create_only to replace it`, {
    metadata: { name, uid },
  });
}

export function invocationNotFound(name: string, invocation: string): HostError {
  const shown = invocation.slice(0, 80);
  return new HostError(
    "INVOCATION_NOT_FOUND",
    `the log of "${name}" holds no invocation ${JSON.stringify(shown)}; it may have been trimmed`,
    {
      metadata: { name, invocation: shown },
    },
  );
}

export function instanceBusy(name: string, holder: Operation): HostError {
  const since = holder.startTime.toISOString();
  const step = holder.step === "" ? "" : `, ${holder.step}`;
  return new HostError(
    "BUSY",
    `the instance "${name}" is held by ${holder.verb} of ${holder.caller} since ${since}${step}; try again when it is done`,
    { metadata: { name, verb: holder.verb, caller: holder.caller, since } },
  );
}

export function superseded(name: string, by: Verb): HostError {
  const what =
    by === "DELETE"
      ? `the instance "${name}" was deleted meanwhile`
      : `a ${by.toLowerCase()} of the instance "${name}" took the place of this call`;
  return new HostError("SUPERSEDED", what, {
    metadata: { name, verb: by },
  });
}

/** @param found "" when there is no such instance */
export function etagMismatch(name: string, expected: string, found: string): HostError {
  const what = found === "" ? "does not exist" : `has the etag ${found}`;
  return new HostError("ETAG_MISMATCH", `the instance "${name}" ${what}, not ${expected}; read it again and decide anew`, {
    metadata: { name, expected, found },
  });
}

export function archiveNotFound(name: string, archive: string): HostError {
  const shown = archive.slice(0, 80);
  return new HostError("ARCHIVE_NOT_FOUND", `the instance "${name}" has no archive ${JSON.stringify(shown)}; list those that it has`, {
    metadata: { name, archive: shown },
  });
}

/** @param state what it does instead of resting, in words */
export function instanceRunning(name: string, state: string): HostError {
  return new HostError("INSTANCE_RUNNING", `the instance "${name}" is ${state}; stop it first`, { metadata: { name, state } });
}

/** @param holder what holds it, in words */
export function portInUse(port: number, holder: string): HostError {
  return new HostError("PORT_IN_USE", `port ${port} is held by ${holder}; stop it or choose another port`, {
    metadata: { port: String(port), holder },
  });
}

export function noBuild(): HostError {
  return new HostError(
    "NO_BUILD",
    "no game build is active; install the game (InstallGame, `l4d2ctl install`), import a build (ImportBuild, `l4d2ctl install --import`), or activate one that the host has (ActivateBuild, `l4d2ctl activate`)",
  );
}

/** @param lastLine what the game wrote last; "" for nothing */
export function notReady(name: string, port: number, seconds: number, lastLine: string): HostError {
  const shown = lastLine.slice(0, 200);
  const wrote = shown === "" ? "it has written nothing" : `its last line is ${JSON.stringify(shown)}`;
  return new HostError(
    "NOT_READY",
    `the game of "${name}" runs, but none of its processes held port ${port} within ${seconds} s; ${wrote}. It goes on: look at its log, or wait for ACTIVE only`,
    { metadata: { name, port: String(port), seconds: String(seconds), last_line: shown } },
  );
}

/** @param why what is wrong, behind "the cursor " */
export function invalidCursor(why: string): HostError {
  return new HostError("INVALID_CURSOR", `the cursor ${why}; begin without one`);
}

/** A request that lacks something or contradicts itself. `field` as it is written in the contract. */
export function invalidRequest(field: string, description: string): HostError {
  return new HostError("INVALID_REQUEST", `${field} ${description}`, { metadata: { field }, violations: [{ field, description }] });
}

/** @param feature for programs; `what` is the same for people */
export function notImplemented(feature: string, what: string): HostError {
  return new HostError("NOT_IMPLEMENTED", `this host does not offer ${what} yet`, { metadata: { feature } });
}

export function shuttingDown(): HostError {
  return new HostError("SHUTTING_DOWN", "the host's daemon is shutting down; connect again and resume from the last cursor");
}
