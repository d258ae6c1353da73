import { HostError } from "../../domain/host-error.ts";
import { type InstallFailure, type InstallJob, installFailureSchema } from "../../domain/install-job.ts";
import { errorCode } from "../files/disk-full.ts";
import { platformError } from "../files/platform-error.ts";

/** What went wrong around the installer, as the job's failure. */
export function failureOf(thrown: unknown): InstallFailure {
  const error = platformError(thrown) ?? thrown;
  const cure = "see the host's log (journalctl -u left4me-hostd), then install again";
  if (errorCode(error) === "ENAMETOOLONG")
    return failure("INSTALL_REFUSED", "what SteamCMD left cannot be published: it has a path that is too long", "install again", {
      entry: "",
      problem: "is too long",
    });
  if (!(error instanceof HostError))
    return failure("INTERNAL", `the host failed: ${error instanceof Error ? error.message : String(error)}`, cure);
  const { message, metadata } = error;
  // Nothing was uploaded here: the tree is SteamCMD's.
  if (error.reason === "UPLOAD_REFUSED")
    return failure("INSTALL_REFUSED", `what SteamCMD left cannot be published: ${message}`, "install again", metadata);
  const cures: Readonly<Record<string, string>> = {
    DISK_FULL: "make room, then install again",
    INSTALL_INCOMPLETE: "install again with --validate",
  };
  return failure(error.reason, message, cures[error.reason] ?? cure, metadata);
}

/** The failure of an installer that ended without a word. */
export function interrupted(end: { readonly exitCode?: number; readonly signal?: string }): InstallFailure {
  const { exitCode, signal = "" } = end;
  const how = signal !== "" ? `was killed by ${signal}` : exitCode === undefined ? "is gone" : `ended with code ${exitCode}`;
  const metadata = { ...(exitCode === undefined ? {} : { exit_code: String(exitCode) }), ...(signal === "" ? {} : { signal }) };
  return {
    ...failure(
      "INSTALL_INTERRUPTED",
      `the installer ${how} before it was done`,
      "install again; what was killed may have been out of memory",
      metadata,
    ),
    ...(exitCode === undefined ? {} : { exitCode }),
    signal,
  };
}

/** What callers of a job that did not succeed are told. */
export function jobError({ id, phase, failure }: InstallJob): HostError | undefined {
  if (phase === "CANCELLED") return new HostError("INSTALL_CANCELLED", `the installation ${id} was cancelled`, { metadata: { job: id } });
  if (phase !== "FAILED") return undefined;
  if (failure === undefined) return new HostError("INTERNAL", `the installation ${id} failed`);
  return new HostError(failure.reason, failure.cure === "" ? failure.cause : `${failure.cause}; ${failure.cure}`, {
    metadata: failure.metadata,
  });
}

/** Cut to what the agreement allows. */
function failure(
  reason: InstallFailure["reason"],
  cause: string,
  cure: string,
  metadata: Readonly<Record<string, string>> = {},
): InstallFailure {
  const short = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.slice(0, 64), value.slice(0, 2000)]));
  return installFailureSchema.parse({ reason, cause: cause.slice(0, 4000), cure, metadata: short });
}
