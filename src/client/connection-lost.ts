import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** What Connect's protocols say of a stream that ends, in order for HTTP/2, before its own end. */
const brokenOff: ReadonlySet<string> = new Set([
  "protocol error: missing EndStreamResponse",
  "protocol error: incomplete envelope",
  "protocol error: missing status",
]);

const brokenConnection: ReadonlySet<string> = new Set(["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ERR_STREAM_PREMATURE_CLOSE"]);

/**
 * A transport that reports every lost or failed connection as UNAVAILABLE.
 *
 * Node tells the streams of an HTTP/2 session that broke that they were cancelled, and connect-node hands that on as
 * CANCELED, as if the caller had ended the call; a reset comes out as ABORTED, a missing socket as INTERNAL, a stream that its
 * host's end cuts short as INVALID_ARGUMENT or UNKNOWN. Nobody but the connection is to blame: whether a mutation took effect is
 * not known. Only of a stream that was refused it is: HTTP/2 promises that nothing was done (RFC 9113, 8.7), so that such a call
 * is made once more, on another connection. It is what the first call meets behind a restart of the daemon.
 * @param isClosed whether the client itself was closed; then CANCELED is the truth
 */
export function withLostConnections(transport: Transport, isClosed: () => boolean): Transport {
  const honest = (error: unknown, signal: AbortSignal | undefined): unknown => {
    if (!(error instanceof ConnectError) || signal?.aborted === true || isClosed()) return error;
    if (error.code === Code.Canceled || brokenOff.has(error.rawMessage)) {
      return new ConnectError(
        "the connection to the host was lost; whether the call took effect is not known",
        Code.Unavailable,
        undefined,
        undefined,
        error,
      );
    }
    return isRefused(error) || isBrokenConnection(error.cause)
      ? new ConnectError(error.rawMessage, Code.Unavailable, undefined, undefined, error)
      : error;
  };
  return {
    async unary(method, signal, ...rest) {
      const call = () => transport.unary(method, signal, ...rest);
      try {
        return await call().catch((error: unknown) => {
          if (isRefused(error) && signal?.aborted !== true && !isClosed()) return call();
          throw error;
        });
      } catch (error) {
        throw honest(error, signal);
      }
    },
    async stream(method, signal, ...rest) {
      try {
        const response = await transport.stream(method, signal, ...rest);
        return { ...response, message: honestly(response.message, (error) => honest(error, signal)) };
      } catch (error) {
        throw honest(error, signal);
      }
    },
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof ConnectError && error.rawMessage.includes("REFUSED_STREAM");
}

function isBrokenConnection(cause: unknown): boolean {
  if (!(cause instanceof Error) || !("code" in cause)) return false;
  return ("syscall" in cause && cause.syscall === "connect") || brokenConnection.has(String(cause.code));
}

async function* honestly<T>(messages: AsyncIterable<T>, honest: (error: unknown) => unknown): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw honest(error);
  }
}
