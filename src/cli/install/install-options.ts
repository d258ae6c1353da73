import type { GlobalOptions } from "../session.ts";

/** What a command line of `install` may ask for. The parser refuses what does not go together. */
export type InstallOptions = GlobalOptions & {
  readonly import?: string;
  readonly activate: boolean;
  readonly validate?: boolean;
  readonly bootstrapSteamcmd?: boolean;
  readonly attach?: string;
  readonly detach?: boolean;
  /** A job, or true for whichever runs. */
  readonly cancel?: string | true;
  readonly status?: boolean;
  readonly verbose?: boolean;
};
