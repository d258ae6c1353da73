import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import dbus, { type MessageBus } from "dbus-native";

/** Why no test can have a bus of its own; false when it can. */
export const noBus = whyNoBus();

function whyNoBus(): string | false {
  if (spawnSync("dbus-daemon", ["--version"]).status !== 0) return "needs dbus-daemon (apt-get install dbus-daemon)";
  try {
    userInfo();
    return false;
  } catch {
    return "needs a user with a name: dbus-daemon lets nobody else in";
  }
}

/** A bus of its own, on which everybody may do everything, as users may send signals to each other on a system bus. */
export class PrivateBus {
  readonly socket: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "private-bus-"));
  #daemon: ReturnType<typeof spawn> | undefined;

  /** Starts it; it ends with the test. */
  static async start(context: TestContext): Promise<PrivateBus> {
    const bus = new PrivateBus();
    context.after(async () => {
      await bus.stop();
      rmSync(bus.#folder, { recursive: true });
    });
    await bus.start();
    return bus;
  }

  private constructor() {
    this.socket = join(this.#folder, "bus");
  }

  async start(): Promise<void> {
    const config = join(this.#folder, "bus.conf");
    writeFileSync(
      config,
      `<busconfig><type>session</type><listen>unix:path=${this.socket}</listen><policy context="default">
       <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
    );
    rmSync(this.socket, { force: true });
    const daemon = spawn("dbus-daemon", [`--config-file=${config}`, "--nofork", "--print-address"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#daemon = daemon;
    await once(daemon.stdout, "data");
  }

  /** All connections end. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon?.kill("SIGKILL")) await once(daemon, "exit");
  }

  /** A client of the library itself; it ends with the bus. */
  client(): MessageBus {
    const client = dbus.createClient({ socket: this.socket });
    client.connection.on("error", () => {});
    client.connection.on("handlerError", () => {});
    return client;
  }
}

/** Resolves when a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 6000) throw new Error("not within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
