/** What a driver may fail, and why: test id → reason. */
type Exceptions = Readonly<Record<string, string>>;

/** systemd 257, journald-stream.c: `strstrip` on every line, and `isempty` ones are not stored. */
const journaldBlanks =
  "journald drops empty lines and the blanks at the end of a line before it stores them; a process between the game and journald " +
  "would cost every line a copy, and put marks into what journalctl shows";
/** What of the fake needs a kernel: its games are no processes. */
const noPorts = "needs a kernel: the fake's games bind no port";
const noProcess = "needs a kernel: the fake's games are no processes, and have neither a user, an environment nor children";

/**
 * The exceptions of each driver. Such a failure is reported as skipped, with the reason and the error; when the test passes
 * after all, the report says that the exception is to be removed. An excepted test gets a few seconds only.
 *
 * Capabilities need no exceptions: GetHost says what a host does not offer.
 */
export const exceptions: Readonly<Record<string, Exceptions>> = {
  embedded: {},
  systemd: { ...fails(journaldBlanks, ["logs/blanks-are-kept-as-printed"]) },
  fake: {
    ...fails(noPorts, ["lifecycle/ready-means-that-the-port-serves", "lifecycle/stop-frees-the-port", "errors/port-held-by-a-stranger"]),
    ...fails(noProcess, ["lifecycle/stop-leaves-no-child-behind", "process/identity", "process/environment"]),
  },
};

function fails(reason: string, ids: readonly string[]): Exceptions {
  return Object.fromEntries(ids.map((id) => [id, reason]));
}
