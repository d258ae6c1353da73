import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { exitReportToProto } from "../convert/exit-report.ts";
import type { FieldViolation, HostError } from "../domain/host-error.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { StartFailureSchema } from "../gen/left4me/host/v1/error_reason_pb.ts";
import { clipEnd, clipStart } from "./clip-text.ts";

/** A detail that an error carries. */
export type ErrorDetail = { readonly desc: DescMessage; readonly value: MessageInitShape<DescMessage> };

/** The domain of every ErrorInfo. */
export const errorDomain = "left4me.host";

/**
 * What the details may take together, in bytes. Details travel in trailers, base64-encoded, beside the message; gRPC
 * libraries refuse 8 KiB of those by default, and the contract promises at most 5 KiB for message and details.
 */
export const detailsLimitBytes = 4096;

const mostViolations = 32;
const longestMetadataBytes = 2048;
/** A StartFailure without any of the last lines, at the most. */
const smallestStartFailureBytes = 400;

/** Metadata that a process wrote: its end matters more than its beginning. */
const cutFromTheFront: ReadonlySet<string> = new Set(["stderr"]);

/** Exactly one ErrorInfo, then what else is known, as far as it fits. */
export function errorDetails(error: HostError): ErrorDetail[] {
  const info = { desc: ErrorInfoSchema, value: { domain: errorDomain, reason: error.reason, metadata: clippedMetadata(error.metadata) } };
  const details: ErrorDetail[] = [info];
  let room = detailsLimitBytes - sizeOf(info);
  if (error.violations.length > 0) {
    const reserved = error.startFailure === undefined ? 0 : smallestStartFailureBytes;
    const detail = { desc: BadRequestSchema, value: { fieldViolations: fittingViolations(error.violations, room - reserved) } };
    details.push(detail);
    room -= sizeOf(detail);
  }
  if (error.startFailure !== undefined) details.push(startFailureDetail(error.startFailure, room));
  return details;
}

/** Every key is kept; the longest values give way until all of them fit. */
function clippedMetadata(metadata: HostError["metadata"]): Record<string, string> {
  const clipped: Record<string, string> = {};
  let room = longestMetadataBytes + 1024;
  for (const [key, value] of Object.entries(metadata).sort(([, a], [, b]) => a.length - b.length)) {
    const clip = cutFromTheFront.has(key) ? clipStart : clipEnd;
    clipped[key] = clip(value, Math.max(Math.min(longestMetadataBytes, room), 16));
    room -= Buffer.byteLength(clipped[key]) + Buffer.byteLength(key) + 8;
  }
  return clipped;
}

function fittingViolations(violations: readonly FieldViolation[], room: number): FieldViolation[] {
  const fitting: FieldViolation[] = [];
  let left = room - 16;
  for (const { field, description } of violations.slice(0, mostViolations)) {
    const clipped = { field: clipEnd(field, 200), description: clipEnd(description, 500) };
    left -= Buffer.byteLength(clipped.field) + Buffer.byteLength(clipped.description) + 12;
    if (left < 0) break;
    fitting.push(clipped);
  }
  return fitting;
}

/** Drops the oldest of the last lines until the report fits. */
function startFailureDetail({ step, exit }: NonNullable<HostError["startFailure"]>, room: number): ErrorDetail {
  const lines = [...(exit?.lastLines ?? [])];
  for (;;) {
    const report = exit === undefined ? {} : { exit: exitReportToProto({ ...exit, lastLines: lines }) };
    const detail = { desc: StartFailureSchema, value: { step: clipEnd(step, 200), ...report } };
    if (lines.length === 0 || sizeOf(detail) <= room) return detail;
    lines.shift();
  }
}

function sizeOf({ desc, value }: ErrorDetail): number {
  return toBinary(desc, create(desc, value)).length + desc.typeName.length + anyOverheadBytes;
}

/** Tags, lengths and the prefix of the type's URL in a google.protobuf.Any. */
const anyOverheadBytes = 32;
