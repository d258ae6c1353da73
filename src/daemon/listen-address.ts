import { isAbsolute } from "node:path";

/** Where the daemon listens. */
export type ListenAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A socket that the service manager has opened; its name says for whom. */
  | { readonly kind: "inherited"; readonly descriptor: number; readonly name: string };

/** sun_path holds 108 bytes, the last of which ends it. A longer path would be cut silently by some kernels. */
export const longestSocketPathBytes = 107;

const loopbackHosts: ReadonlyMap<string, string> = new Map([
  ["127.0.0.1", "127.0.0.1"],
  ["localhost", "127.0.0.1"],
  ["[::1]", "::1"],
]);

/**
 * Reads `unix:/path` or `http://127.0.0.1:port` (port 0 lets the kernel choose).
 *
 * @returns the address, or why it cannot be used
 */
export function parseListenAddress(text: string): ListenAddress | { readonly problem: string } {
  if (text.startsWith("unix:")) return unixAddress(text.slice("unix:".length));
  if (text.startsWith("http://")) return tcpAddress(text);
  return { problem: `${text}: use unix:/path/to/socket or http://127.0.0.1:port` };
}

/** The address as users write it. */
export function describeAddress(address: ListenAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  if (address.kind === "inherited") return `systemd:${address.name}`;
  return `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

function unixAddress(path: string): ListenAddress | { problem: string } {
  if (!isAbsolute(path)) return { problem: `unix:${path}: the path of a socket must be absolute` };
  const bytes = Buffer.byteLength(path);
  if (bytes <= longestSocketPathBytes) return { kind: "unix", path };
  return {
    problem: `unix:${path}: the path has ${bytes} bytes, but the kernel takes at most ${longestSocketPathBytes}; choose a shorter one with --listen unix:/path`,
  };
}

function tcpAddress(text: string): ListenAddress | { problem: string } {
  const url = URL.parse(text);
  if (url === null || url.pathname !== "/" || url.search !== "" || url.username !== "") {
    return { problem: `${text}: use http://127.0.0.1:port` };
  }
  const host = loopbackHosts.get(url.hostname);
  if (host !== undefined) return { kind: "tcp", host, port: url.port === "" ? 80 : Number(url.port) };
  return {
    problem: `${text}: only loopback addresses can be listened on. There is no authentication on TCP yet, so that anybody who reaches the port would control the games; use the unix socket, for example through ssh -L`,
  };
}
