import type { Need } from "./test-case.ts";

/** The capabilities that decide whether a test can run. */
type Flag = "archives" | "preserve" | "volatile" | "installGame" | "diagnose";

/** The host says that it can (GetHost, capabilities). */
export function offers(flag: Flag): Need {
  return ({ host }) => (host.capabilities?.[flag] === true ? undefined : `the host does not offer ${flag}`);
}

/** The host says that it cannot, so that the refusal is to be proven. */
export function lacks(flag: Flag): Need {
  return ({ host }) => (host.capabilities?.[flag] === true ? `the host offers ${flag}, so that nothing is refused` : undefined);
}

/** The suite runs on the host's own machine. */
export const local: Need = ({ isLocal }) => (isLocal ? undefined : "the host is remote; its ports cannot be looked at from here");

/** The test waits for minutes. */
export const slow: Need = ({ allowsSlow }) => (allowsSlow ? undefined : "waits for minutes; run with --slow");

/** The host had no active build when the suite began. */
export const noBuild: Need = ({ hadBuild }) => (hadBuild ? "the host has an active build, which cannot be taken away" : undefined);
