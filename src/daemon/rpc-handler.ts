import { constants, Http2ServerRequest } from "node:http2";
import { Code, ConnectError, type ConnectRouter, type ContextValues, createConnectRouter } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { HostLog } from "../host/host-log.ts";
import { grpcMessage } from "./grpc-message.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./http-exchange.ts";

/** What an HTTP request is served with. */
export type RpcHandlerOptions = {
  readonly routes: (router: ConnectRouter) => void;
  /** What handlers learn of the connection. */
  readonly contextValues: (request: HttpRequest) => ContextValues;
  /** Answers paths that no RPC has. */
  readonly unknownPath: HttpHandler;
  readonly log: HostLog;
};

/** A message, except an upload's chunk, is a specification at most; chunks have 1 MiB. */
const largestRequestBytes = 4 * 1024 * 1024;

/** Callers are near, and compressing every batch of a log costs more than it saves. Compressed requests are understood. */
const neverCompress = 0xffff_ffff;

/**
 * Serves RPCs over Node's http and http2, as connect-node's own adapter does, but for two things: an upload that its
 * client breaks off is told from one that ended, and failures go to the daemon's log.
 */
export function rpcHandler({ routes, contextValues, unknownPath, log }: RpcHandlerOptions): HttpHandler {
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: largestRequestBytes,
    compressMinBytes: neverCompress,
  });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const serve = async (request: HttpRequest, response: HttpResponse) => {
    const handler = handlers.get(request.url?.split("?", 1)[0] ?? "");
    if (handler === undefined) return unknownPath(request, response);
    releaseUnreadRequest(request, response);
    const universal = universalRequestFromNodeRequest(request, response, undefined, contextValues(request));
    const answer = await handler({ ...universal, body: wholeBody(request) });
    await universalResponseToNodeResponse(withPlainMessage(answer), response);
  };
  return (request, response) => {
    // Everything is caught here: a stream that its client has reset throws at the most innocent call.
    serve(request, response).catch((error: unknown) => {
      log("debug", "a response could not be written", { path: request.url, error });
      response.destroy();
    });
  };
}

/**
 * The body of a request, to its very end.
 *
 * Node ends the body of an HTTP/2 stream that its client resets as if it were complete; half an archive must not pass for
 * a whole one. (Over HTTP/1.1 it fails by itself.) Whoever stops reading early still owes an answer: the connection stays.
 */
async function* wholeBody(request: HttpRequest): AsyncGenerator<Uint8Array> {
  for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk;
  if (request instanceof Http2ServerRequest && request.stream.closed) {
    throw new ConnectError("the client broke the request off", Code.Canceled);
  }
}

/** How long an answered HTTP/1.1 client may go on sending a request that nobody reads. */
const lingerMs = 10_000;

/**
 * Once the answer is complete, the rest of an upload that was refused is of no use. HTTP/2 can say so (NO_ERROR, RFC 9113,
 * section 8.1); over HTTP/1.1 it is read and dropped for a while, because a client that is cut off loses the answer.
 */
function releaseUnreadRequest(request: HttpRequest, response: HttpResponse): void {
  response.once("finish", () => {
    if (request instanceof Http2ServerRequest) {
      const { stream } = request;
      if (!request.complete && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
    } else if (!request.complete) {
      const lingering = setTimeout(() => request.destroy(), lingerMs);
      request.once("close", () => clearTimeout(lingering)).resume();
    }
  });
}

/** Puts the plain form of `grpc-message` into the trailers, which are complete when the body has been read. */
function withPlainMessage(answer: UniversalServerResponse): UniversalServerResponse {
  const { body, trailer } = answer;
  if (body === undefined || trailer === undefined) return answer;
  return { ...answer, body: bodyThenPlainMessage(body, trailer) };
}

async function* bodyThenPlainMessage(body: AsyncIterable<Uint8Array>, trailer: Headers): AsyncGenerator<Uint8Array> {
  yield* body;
  const message = trailer.get("grpc-message");
  if (message !== null) trailer.set("grpc-message", grpcMessage(decodeURIComponent(message)));
}
