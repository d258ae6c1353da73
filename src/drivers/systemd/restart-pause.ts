import { restartLimit } from "../../host/driver.ts";

/** RestartSteps= of left4me-server@.service: with so many restarts the pause grows from the first to the longest. */
const steps = 4;

/** How long systemd pauses before an automatic restart, in seconds (systemd.service(5), RestartSteps=). @param restart 1 for the first */
export function restartPauseSeconds(restart: number): number {
  const { firstDelaySeconds: first, longestDelaySeconds: longest } = restartLimit;
  if (restart <= 1) return first;
  return restart > steps ? longest : first * (longest / first) ** ((restart - 1) / steps);
}
