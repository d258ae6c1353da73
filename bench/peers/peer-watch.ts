import { type ListInstancesResponse, watchInstances } from "../../src/client/index.ts";
import { Told } from "../told.ts";
import { type GrpcJsPeer, startGrpcJsPeer } from "./grpc-js-peer.ts";

/** A watch of a grpc-js server that is told of changes by its standard input. */
export class PeerWatch {
  readonly #peer: GrpcJsPeer;
  readonly #told = new Told();
  readonly #stopping = new AbortController();

  private constructor(peer: GrpcJsPeer) {
    this.#peer = peer;
  }

  static async open(list: ListInstancesResponse): Promise<PeerWatch> {
    const watch = new PeerWatch(await startGrpcJsPeer({ list }));
    const synced = watch.#told.when("synced");
    void watch.#watch();
    await synced;
    return watch;
  }

  /** Milliseconds until a change is told. */
  async change(name: string): Promise<number> {
    const told = this.#told.when(name);
    const began = performance.now();
    this.#peer.tell(name);
    return (await told) - began;
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    await this.#peer.end();
  }

  async #watch(): Promise<void> {
    for await (const item of watchInstances(this.#peer.client, { signal: this.#stopping.signal })) {
      if (item.type === "synced") this.#told.tell("synced");
      if (item.type === "change" && item.change === "MODIFIED") this.#told.tell(item.instance.name);
    }
  }
}
