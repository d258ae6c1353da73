import type {
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  Http2Session,
  OutgoingHttpHeaders,
  SecureClientSessionOptions,
} from "node:http2";
import { constants } from "node:http2";
import { connect } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";
import type { HostAddress } from "./address.ts";

/** Certificates and names for `https://` addresses; see node:tls. */
export type TlsOptions = Pick<
  SecureClientSessionOptions,
  "ca" | "cert" | "key" | "passphrase" | "servername" | "rejectUnauthorized" | "minVersion"
>;

/** How much of a stream's answer may lie unread before the host has to wait, in bytes. */
const streamWindow = 1024 * 1024;

/**
 * The HTTP/2 connection of one client, as Connect's transports want it.
 *
 * It adds two things to Connect's session manager: it can be closed for good, and it can be replaced, so that a stream
 * that found its connection silent does not get the same dead one again. PING frames would be the usual way to find out;
 * they are off because they crash (connect-es #1795), so the contract's heartbeats take their place.
 */
export class HostConnection {
  readonly authority: string;
  readonly #open: () => Http2SessionManager;
  readonly #owners = new WeakMap<ClientHttp2Stream, Http2SessionManager>();
  readonly #guarded = new WeakSet<Http2Session>();
  #current: Http2SessionManager;
  #replaced: Http2SessionManager[] = [];
  #closed = false;

  constructor(address: HostAddress, tls: TlsOptions | undefined) {
    const options: SecureClientSessionOptions = { ...tls, settings: { initialWindowSize: streamWindow, enablePush: false } };
    if (address.kind === "unix") options.createConnection = () => connect({ path: address.path });
    this.authority = new URL(address.baseUrl).origin;
    this.#open = () => new Http2SessionManager(address.baseUrl, {}, options);
    this.#current = this.#open();
  }

  /** Sends a request; connects when there is no connection. */
  async request(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
    options: Omit<ClientSessionRequestOptions, "signal">,
  ): Promise<ClientHttp2Stream> {
    if (this.#closed) throw new ConnectError("the client has been closed", Code.FailedPrecondition);
    const manager = this.#current;
    const stream = await manager.request(method, path, headers, options);
    this.#owners.set(stream, manager);
    this.#guard(stream.session);
    failWithoutAnswer(stream);
    return stream;
  }

  notifyResponseByteRead(stream: ClientHttp2Stream): void {
    this.#owners.get(stream)?.notifyResponseByteRead(stream);
  }

  /** New calls get a new connection; those under way keep theirs. */
  replace(): void {
    if (this.#closed) return;
    this.#replaced = [...this.#replaced, this.#current].filter((manager) => manager.state() !== "closed" && manager.state() !== "error");
    this.#current = this.#open();
  }

  /** Ends every call and refuses new ones. */
  close(): void {
    this.#closed = true;
    for (const manager of [this.#current, ...this.#replaced]) manager.abort();
  }

  /**
   * A session can report an error after its manager has let go of it, e.g. when the other side speaks no HTTP/2 and the
   * client is closed over that. Without a listener it would end the process.
   */
  #guard(session: Http2Session | undefined): void {
    if (session === undefined || this.#guarded.has(session)) return;
    this.#guarded.add(session);
    session.on("error", () => undefined);
  }
}

/**
 * Lets a call fail whose stream was closed in order before any answer came, as when a host that drains closes its
 * sessions: connect-node only looks at the reset code, finds none, and would wait for ever.
 */
function failWithoutAnswer(stream: ClientHttp2Stream): void {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  // A stream that was reset or broke has failed already: a second error would be one that nobody waits for.
  stream.once("response", settle).once("error", settle).once("aborted", settle);
  stream.once("close", () => {
    if (isSettled || stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.listenerCount("error") <= 1) return;
    stream.emit(
      "error",
      new ConnectError("the host closed the connection without an answer; whether the call took effect is not known", Code.Unavailable),
    );
  });
}
