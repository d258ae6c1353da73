/** Where a host listens. `path`: of the socket, absolute; `baseUrl`: for Connect's transports, without a slash at its end. */
export type HostAddress =
  | { readonly kind: "unix"; readonly path: string; readonly baseUrl: string }
  | { readonly kind: "tcp"; readonly baseUrl: string };

/** Thrown for an address of none of the forms that exist. Its message names them. */
export class AddressError extends TypeError {
  override readonly name = "AddressError";
  /** What was given. */
  readonly address: string;

  constructor(address: string, problem: string) {
    super(`${JSON.stringify(address)} ${problem}: use unix:/path/to/hostd.sock, http://host:port or https://host[:port]`);
    this.address = address;
  }
}

/** The kernel's limit for the path of a socket (unix(7), sun_path), in bytes. */
const longestSocketPath = 107;

/**
 * Reads `unix:/path` (also `unix:///path`), `http://host:port` or `https://host[:port]`.
 *
 * @throws AddressError for anything else
 */
export function parseAddress(address: string): HostAddress {
  if (address.startsWith("unix:")) return unixAddress(address);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new AddressError(address, "is not an address of a host");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new AddressError(address, "holds more than a host and a port");
  }
  return { kind: "tcp", baseUrl: `${url.origin}${url.pathname.replace(/\/$/, "")}` };
}

function unixAddress(address: string): HostAddress {
  const path = address.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
  if (!path.startsWith("/")) throw new AddressError(address, "is not an absolute path of a socket");
  if (Buffer.byteLength(path) > longestSocketPath)
    throw new AddressError(address, `is longer than ${longestSocketPath} bytes, the kernel's limit for a socket`);
  return { kind: "unix", path, baseUrl: "http://localhost" };
}
