import { Http2ServerRequest } from "node:http2";
import { grpcMessage } from "./grpc-message.ts";
import type { HttpRequest, HttpResponse } from "./http-exchange.ts";

/**
 * Answers a path that no RPC has: gRPC clients get the status that their protocol wants, everybody else a 404 that says
 * what this is. Connect clients read `code` and `message` from it.
 *
 * @param services the names of the services, for the text
 */
export function unknownPath(services: readonly string[]): (request: HttpRequest, response: HttpResponse) => void {
  return (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0]?.slice(0, 200) ?? "";
    const message = `left4me-hostd has no RPC at ${path}; it serves ${services.join(", ")} (list them with: buf curl --list-methods)`;
    const isGrpc = request.headers["content-type"]?.startsWith("application/grpc") === true;
    if (isGrpc && request instanceof Http2ServerRequest) answerGrpc(request, message);
    else answerJson(response, message);
    request.resume();
  };
}

/**
 * A response of headers only, as gRPC calls it "Trailers-Only"; 12 is UNIMPLEMENTED. The headers themselves must end the
 * stream: with an empty DATA frame behind them grpc-js takes the response for broken.
 */
function answerGrpc({ stream, headers }: Http2ServerRequest, message: string): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(
    { ":status": 200, "content-type": headers["content-type"], "grpc-status": "12", "grpc-message": grpcMessage(message) },
    { endStream: true },
  );
}

function answerJson(response: HttpResponse, message: string): void {
  response.writeHead(404, { "content-type": "application/json" });
  response.end(`${JSON.stringify({ code: "unimplemented", message })}\n`);
}
