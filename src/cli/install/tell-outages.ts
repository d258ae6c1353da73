import type { FollowInstallOptions } from "../../client/index.ts";
import { type Attempt, Outages } from "../failures/outages.ts";

/** Tells an outage of an installation's stream once, and its end. @param notice takes a remark about the stream */
export function tellOutages(notice: (text: string) => void): Pick<FollowInstallOptions, "onReconnect" | "onReconnected"> {
  const outages = new Outages();
  return {
    onReconnect: (attempt: Attempt) => {
      const cause = outages.lost("install", attempt);
      if (cause !== undefined) notice(`connection lost (${cause}), reconnecting; the host goes on with it; Ctrl-C ends the watching`);
    },
    onReconnected: () => {
      if (outages.back("install")) notice("connected again");
    },
  };
}
