import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { type InstallJob, type InstallLine, InstallPhase } from "../gen/left4me/host/v1/install_job_pb.ts";
import type { InstallGameRequestSchema, InstallGameResponse } from "../gen/left4me/host/v1/installation_service_pb.ts";
import type { HostClient } from "./host-client.ts";
import { type ReconnectOptions, reconnecting } from "./reconnecting.ts";

/** Options of {@link followInstall}. */
export type FollowInstallOptions = ReconnectOptions & {
  /** Only attaches to this job, the running or the last one. Default: starts a job, or attaches to the running one. */
  readonly jobId?: string;
  /** Begins behind the line with this sequence number. Default: 0, all lines that the host still has. */
  readonly afterSequence?: bigint;
  /** Verifies all files even when the build is current. Default: false. Ignored, as the next two, by a job that runs already. */
  readonly validate?: boolean;
  /** Leaves the active build as it is. Default: false: a build that was installed becomes the active one. */
  readonly keepActiveBuild?: boolean;
  /** Downloads SteamCMD when the host has none. Default: false. */
  readonly bootstrapSteamcmd?: boolean;
  /** How long the host may take to open the stream, in milliseconds. Default: 60 000: a job begins before it is told of. */
  readonly openTimeoutMs?: number;
};

/** What an installation yields. */
export type InstallItem =
  /**
   * The job as it is now: first of all, at every change of its phase, at least every second, and after a reconnection. Of a job
   * that has ended already the lines come first, and this once, behind them.
   */
  | { readonly type: "job"; readonly job: InstallJob }
  | { readonly type: "line"; readonly line: InstallLine }
  /** So many lines before the next one are no longer to be had. */
  | { readonly type: "gap"; readonly lost: bigint };

/** A host tells a running job every second; one that is busy is given some more before it is taken for dead. */
const tellInterval = create(DurationSchema, { seconds: 5n });

/**
 * Installs the game, or attaches to an installation, and follows it across lost connections and restarts of the host's
 * daemon: no line is repeated, and one that is lost is told as a gap.
 *
 * Ends behind the job's last state, which may be FAILED or CANCELLED: that is no error of the call. Ends earlier when the signal
 * aborts or the consumer leaves; the job goes on then, `cancelInstall` ends it. A reconnection attaches to the job that it
 * followed and never starts a second one.
 * @throws ConnectError for what trying again cannot cure: UNIMPLEMENTED on a host that does not install, NOT_FOUND /
 * JOB_NOT_FOUND when another job has taken the place of the followed one, and a first connection that fails (unless
 * `retryFirst`)
 */
export async function* followInstall(
  client: Pick<HostClient, "installation" | "replaceConnection">,
  options: FollowInstallOptions = {},
): AsyncGenerator<InstallItem, void, undefined> {
  const place = new InstallPlace(client, options);
  const plan = {
    client,
    open: (signal: AbortSignal) => place.open(signal),
    heartbeat: () => tellInterval,
    isComplete: () => false,
  };
  for await (const { event } of reconnecting(plan, { openTimeoutMs: 60_000, ...options })) {
    yield* place.read(event);
    if (place.isBehindJob) return;
  }
}

/** Whether a job has ended, well or badly. */
export function isJobOver({ phase }: Pick<InstallJob, "phase">): boolean {
  return phase === InstallPhase.SUCCEEDED || phase === InstallPhase.FAILED || phase === InstallPhase.CANCELLED;
}

/** How far a consumer has got in an installation. */
class InstallPlace {
  isBehindJob = false;
  readonly #client: Pick<HostClient, "installation">;
  readonly #options: FollowInstallOptions;
  #jobId: string;
  #sequence: bigint;
  /** The job that the host knew before this one was asked for. Undefined = not looked yet. */
  #jobBefore: string | undefined;

  constructor(client: Pick<HostClient, "installation">, options: FollowInstallOptions) {
    this.#client = client;
    this.#options = options;
    if (options.jobId === "") throw new TypeError("followInstall: jobId is empty, which would begin a job; leave it out for that");
    this.#jobId = options.jobId ?? "";
    this.#sequence = options.afterSequence ?? 0n;
  }

  async *open(signal: AbortSignal): AsyncGenerator<InstallGameResponse, void, undefined> {
    // Without `retryFirst`, an attempt that fails before the job is known is the last one.
    if (this.#jobId === "" && this.#options.retryFirst === true) await this.#look(signal);
    yield* this.#client.installation.installGame(this.#request(), { signal });
  }

  *read(event: InstallGameResponse["event"]): Generator<InstallItem, void, undefined> {
    if (event.case === "job") {
      if (event.value.id !== "") this.#jobId = event.value.id;
      this.isBehindJob = isJobOver(event.value);
      yield { type: "job", job: event.value };
    }
    if (event.case === "line") yield* this.#readLine(event.value);
  }

  *#readLine(line: InstallLine): Generator<InstallItem, void, undefined> {
    if (line.sequence <= this.#sequence) return;
    const lost = line.sequence - this.#sequence - 1n;
    this.#sequence = line.sequence;
    if (lost > 0n) yield { type: "gap", lost };
    yield { type: "line", line };
  }

  /** An attempt may have started a job although its answer was lost: a job that was not there before is that one. */
  async #look(signal: AbortSignal): Promise<void> {
    const { job } = await this.#client.installation.getInstallation({}, { signal });
    const isFirst = this.#jobBefore === undefined;
    this.#jobBefore ??= job?.id ?? "";
    if (job !== undefined && (isFirst ? !isJobOver(job) : job.id !== this.#jobBefore)) this.#jobId = job.id;
  }

  #request(): MessageInitShape<typeof InstallGameRequestSchema> {
    const { validate = false, keepActiveBuild = false, bootstrapSteamcmd = false } = this.#options;
    return { validate, keepActiveBuild, bootstrapSteamcmd, jobId: this.#jobId, afterSequence: this.#sequence };
  }
}
