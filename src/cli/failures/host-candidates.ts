import { connect } from "node:net";
import { join, resolve } from "node:path";
import { parseAddress } from "../../client/address.ts";
import type { Terminal } from "../output/terminal.ts";

/** An address that was tried, and why it was of no use. */
export type TriedAddress = { readonly address: string; readonly problem: string };

/** Thrown when no host answers: exit code 6. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly tried: readonly TriedAddress[];

  constructor(tried: readonly TriedAddress[]) {
    super(tried.length === 1 ? `no host answers at ${tried[0]?.address} (${problemText(tried[0]?.problem ?? "")})` : "no host answers");
    this.tried = tried;
  }
}

/** A code of Node's for people. */
export function problemText(code: string): string {
  return problemTexts[code] ?? code;
}

const problemTexts: Readonly<Record<string, string>> = {
  ENOENT: "no such socket",
  ECONNREFUSED: "nobody listens",
  EACCES: "permission denied",
  ENOTFOUND: "no such host name",
  ETIMEDOUT: "no answer",
  ECONNRESET: "the connection was lost",
  ERR_HTTP2_ERROR: "what listens there speaks no HTTP/2",
};

/** The root directory of a host when LEFT4ME_ROOT does not say otherwise. */
const defaultRoot = "/var/lib/left4me";

/** Where a host may listen when nobody says where, in the order in which they are tried. */
export function defaultAddresses(terminal: Pick<Terminal, "env" | "cwd">): string[] {
  const root = resolve(terminal.cwd, terminal.env["LEFT4ME_ROOT"] || defaultRoot);
  const clone = terminal.env["LEFT4ME_CLONE"] || terminal.cwd; // bin/l4d2ctl says where it lies
  const sockets = ["/run/left4me/operator.sock", join(root, "hostd.sock"), join(clone, ".left4me/hostd.sock")];
  return [...new Set(sockets)].map((path) => `unix:${path}`);
}

/**
 * The address to use: the option, else LEFT4ME_ADDRESS, else the first default socket that accepts a connection.
 *
 * @throws UnreachableError when none of the defaults does; AddressError for an address that is none
 */
export async function chooseAddress(option: string | undefined, terminal: Terminal): Promise<string> {
  const given = option ?? (terminal.env["LEFT4ME_ADDRESS"] || undefined);
  if (given !== undefined) return absolute(given, terminal.cwd);
  const tried: TriedAddress[] = [];
  for (const address of defaultAddresses(terminal)) {
    const problem = await probe(address);
    if (problem === undefined) return address;
    tried.push({ address, problem });
    // Another host must not answer in the place of one that merely may not be asked.
    if (problem === "EACCES") break;
  }
  throw new UnreachableError(tried);
}

/** A relative socket is meant from where the user stands. */
function absolute(address: string, cwd: string): string {
  const path = /^unix:(?!\/)(.+)$/.exec(address)?.[1];
  const full = path === undefined ? address : `unix:${resolve(cwd, path)}`;
  parseAddress(full);
  return full;
}

async function probe(address: string): Promise<string | undefined> {
  const parsed = parseAddress(address);
  if (parsed.kind !== "unix") return undefined;
  const socket = connect({ path: parsed.path });
  return new Promise((settle) => {
    socket.once("connect", () => settle(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  }).finally(() => socket.destroy()) as Promise<string | undefined>;
}
