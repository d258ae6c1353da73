import type { InstallJob, InstallLine } from "../../client/index.ts";

/** Shows on standard error what an installation does. How it ended is not its business. */
export type InstallView = {
  /** The job as it is now. */
  job(job: InstallJob): void;
  /** A line of SteamCMD that is to be shown. */
  line(line: InstallLine): void;
  /** A remark about the watching itself. */
  notice(text: string): void;
  /** Leaves standard error at the beginning of a line. */
  close(): void;
};
