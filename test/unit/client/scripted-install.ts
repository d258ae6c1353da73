import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type InstallJobSchema, type InstallPhase } from "../../../src/client/index.ts";
import type {
  CancelInstallResponseSchema,
  GetInstallationResponseSchema,
  InstallGameRequest,
  InstallGameResponseSchema,
  ListBuildsResponseSchema,
} from "../../../src/gen/left4me/host/v1/installation_service_pb.ts";
import { startSocketHost } from "./socket-host.ts";

export type InstallMessage = MessageInitShape<typeof InstallGameResponseSchema>;
type JobParts = MessageInitShape<typeof InstallJobSchema>;

/** What a scripted host tells one call of InstallGame. */
export type InstallCall = (
  request: InstallGameRequest,
  signal: AbortSignal,
) => AsyncGenerator<InstallMessage, void> | Generator<InstallMessage, void>;

/** What it answers besides; what is left out is empty. */
export type InstallAnswers = {
  /** One answer after the other, undefined for a lost connection; the last one serves every further call. */
  readonly installations?: readonly (MessageInitShape<typeof GetInstallationResponseSchema> | undefined)[];
  readonly cancelled?: MessageInitShape<typeof CancelInstallResponseSchema>;
  readonly builds?: MessageInitShape<typeof ListBuildsResponseSchema>;
};

/** A job's state as the host tells it. */
export function told(phase: InstallPhase, parts: JobParts = {}): InstallMessage {
  return { event: { case: "job", value: { id: "j1", phase, ...parts } } };
}

/** One line of SteamCMD. */
export function line(sequence: number, text = `line ${sequence}`): InstallMessage {
  return { event: { case: "line", value: { sequence: BigInt(sequence), text } } };
}

/** The connection breaks. */
export function broken(): never {
  throw new ConnectError("gone", Code.Unavailable);
}

/** The job goes on, and nothing is told of it. */
export function untilLeft(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** An InstallationService on a real socket: one call after the other, the last one serves every further attempt. */
export async function scriptedInstall(calls: readonly InstallCall[], answers: InstallAnswers = {}) {
  const requests: InstallGameRequest[] = [];
  const counts = { looks: 0, cancels: 0 };
  const cancelled: string[] = [];
  const host = await startSocketHost({
    installation: {
      async *installGame(request, { signal }) {
        requests.push(request);
        yield* (calls[Math.min(requests.length, calls.length) - 1] as InstallCall)(request, signal);
      },
      getInstallation: () => {
        counts.looks += 1;
        const { installations = [{}] } = answers;
        return installations[Math.min(counts.looks, installations.length) - 1] ?? broken();
      },
      cancelInstall: ({ jobId }) => {
        counts.cancels += 1;
        cancelled.push(jobId);
        return answers.cancelled ?? {};
      },
      listBuilds: () => answers.builds ?? {},
    },
  });
  return { host, address: host.address, requests, counts, cancelled, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}
