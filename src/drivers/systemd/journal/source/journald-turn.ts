import { connect } from "node:net";

const streamSocket = "/run/systemd/journal.left4me/stdout";
/** In one turn journald takes a buffer of each stream; a line may need two, the end of a stream one more. */
const turns = 3;

/** How long a turn may take, in milliseconds. */
export type TurnPatience = {
  /** Usually: while journald rotates its files or waits for the disk it serves nobody. */
  readonly usualMs: number;
  /** When it has let that pass, until it answers again. */
  readonly silentMs: number;
};

const patience: TurnPatience = { usualMs: 30_000, silentMs: 1000 };

/**
 * Makes what resolves when journald has taken what games had written before: it serves its streams in turns, and so has served
 * each of them when it has taken up and dropped ours, which says nothing. Starts journald where it was idle. Resolves in any
 * case: what journald does not answer cannot be waited for, and where nobody listens that is known at once.
 */
export function journaldTurns(path: string = streamSocket, { usualMs, silentMs }: TurnPatience = patience): () => Promise<void> {
  let isSilent = false;
  return async () => {
    for (let turn = 0; turn < turns; turn += 1) {
      isSilent = (await journaldTurn(path, isSilent ? silentMs : usualMs)) === "silent";
      if (isSilent) return;
    }
  };
}

function journaldTurn(path: string, patienceMs: number): Promise<"over" | "silent"> {
  return new Promise((resolve) => {
    let end: "over" | "silent" = "over";
    const socket = connect({ path });
    const timer = setTimeout(() => {
      end = "silent";
      socket.destroy();
    }, patienceMs);
    socket.once("connect", () => socket.end());
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(end);
    });
    socket.resume();
  });
}
