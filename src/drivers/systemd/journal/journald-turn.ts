import { connect } from "node:net";

const streamSocket = "/run/systemd/journal.left4me/stdout";
const patienceMs = 1000;
/** In one turn journald takes a buffer of each stream; a line may need two, the end of a stream one more. */
const turns = 3;

/**
 * Resolves when journald has taken what games had written before: it serves its streams in turns, and so has served
 * each of them when it has taken up and dropped ours, which says nothing. Starts journald where it was idle.
 */
export async function journaldTurns(path: string = streamSocket): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await journaldTurn(path);
}

/** Resolves in any case: what journald does not answer cannot be waited for. */
function journaldTurn(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.once("connect", () => socket.end());
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
  });
}
