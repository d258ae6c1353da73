import { createSocket } from "node:dgram";
import { join } from "node:path";
import { listTree, packTree } from "../../src/cli/input/pack-directory.ts";
import { type HostClient, importBuild, WaitFor } from "../../src/client/index.ts";
import type { Game } from "./game-side.ts";

const tree = join(import.meta.dirname, "../talking-game");

/** A running game that prints when it is told to; see talking-game/srcds_run. */
export class TalkingGame {
  readonly name: string;
  readonly #port: number;
  #said = 0;

  private constructor({ name, port }: Game) {
    this.name = name;
    this.#port = port;
  }

  /** Imports the game once and starts an instance of it for each name. */
  static async startAll(client: HostClient, games: readonly Game[]): Promise<TalkingGame[]> {
    await importBuild(client, packTree(tree, await listTree(tree)));
    for (const { name, port } of games) {
      await client.instances.initializeInstance({ name, spec: { port } });
      await client.instances.startInstance({ name, waitFor: WaitFor.READY }); // then it listens
    }
    return games.map((game) => new TalkingGame(game));
  }

  /** The number of the last line that it was told to print. */
  get said(): number {
    return this.#said;
  }

  /** Has it print so many lines that tell the time, at odd moments. @returns the number of the last one */
  async talk(lines: number, pauseMs: { readonly least: number; readonly most: number } = { least: 10, most: 100 }): Promise<number> {
    return this.#order(lines, `talk ${lines} ${pauseMs.least} ${pauseMs.most}`);
  }

  /** Has it print so many lines as fast as it can. @returns the number of the last one */
  async flood(lines: number): Promise<number> {
    return this.#order(lines, `flood ${lines}`);
  }

  async #order(lines: number, text: string): Promise<number> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) =>
      socket.send(text, this.#port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error))),
    );
    socket.close();
    this.#said += lines;
    return this.#said;
  }
}
