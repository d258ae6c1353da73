/**
 * A text as the value of `grpc-message`: only what the protocol asks for is percent-encoded.
 *
 * Encoding more is allowed, but takes room in the trailers, and grpc-js shows the escapes of `;`, `/`, `,` and others to its
 * users. Source: "Status-Message" in https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function grpcMessage(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+/gu, encodeURIComponent);
}
