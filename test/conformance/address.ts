import { connect, type Socket } from "node:net";

/** Where the host under test listens. */
export type HostAddress = {
  /** As it was given. */
  readonly text: string;
  readonly baseUrl: string;
  /** Whether the address cannot lead to another machine. */
  readonly isLocal: boolean;
  /** Opens the connection; undefined where the URL alone says how. */
  readonly createConnection?: () => Socket;
};

/**
 * Reads `unix:/path`, `http://host:port` or `https://host[:port]`.
 *
 * @throws TypeError for anything else
 */
export function parseAddress(text: string): HostAddress {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { text, baseUrl: "http://localhost", isLocal: true, createConnection: () => connect({ path }) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new TypeError(`${JSON.stringify(text)} is no address: use unix:/path, http://host:port or https://host[:port]`);
  }
  return { text, baseUrl: url.origin, isLocal: /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname) };
}
