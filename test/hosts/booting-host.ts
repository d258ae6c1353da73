import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createHostClient, type HostClient } from "../../src/client/index.ts";
import { type Bind, exec, kill, leader, sh, stop, up } from "./host.ts";
import { type DaemonHost, inGuest, prepareDaemon } from "./prepared-daemon.ts";
import { inHost } from "./prepared-host.ts";

const flags = "/opt/left4me/flags";
const store = "/var/lib/left4me";

/**
 * A host with left4me-hostd.service that is booted again and again, with a client of its daemon.
 *
 * Everything is enabled as the package enables it. The daemon can be broken while the host is off.
 */
export class BootingHost {
  readonly name: string;
  readonly #daemon: DaemonHost;
  readonly #flags: string;
  #pid = 0;
  #client: HostClient | undefined;

  private constructor(daemon: DaemonHost, flagDirectory: string) {
    this.name = daemon.name;
    this.#daemon = daemon;
    this.#flags = flagDirectory;
  }

  /** Makes the host; its daemon is open. @param more directories that it sees besides */
  static async create(name: string, more: readonly Bind[] = []): Promise<BootingHost> {
    const flagDirectory = mkdtempSync(join(tmpdir(), "left4me-flags-"));
    chmodSync(flagDirectory, 0o755); // the daemon, another user, looks for it
    const daemon = await prepareDaemon(name, "dbus", [{ source: flagDirectory, target: flags }, ...more]);
    const host = new BootingHost(daemon, flagDirectory);
    // The wrapper asks for the flag: nothing has to be written to the disk of the host between two boots.
    await sh(
      name,
      `printf '#!/bin/sh\\n[ ! -e ${flags}/broken ] || exit 1\\nexec ${inHost.node} ${inGuest.daemon}/left4me-hostd.js "$@"\\n' >/usr/bin/left4me-hostd
       systemctl -q enable left4me-hostd.socket left4me-hostd.service left4me-boot.service left4me-trash.service 2>&1
       systemctl restart left4me-hostd.service; sync`,
    );
    await host.#find();
    return host;
  }

  /** A client of the daemon that runs since the last boot. */
  get client(): HostClient {
    if (this.#client === undefined) throw new Error(`${this.name} is off`);
    return this.#client;
  }

  /** A path below /var/lib/left4me, or another absolute one of the host, as this process reaches it. */
  path(...parts: readonly string[]): string {
    const below = parts[0]?.startsWith("/") === true ? parts : [store, ...parts];
    return join(`/proc/${this.#pid}/root`, ...below);
  }

  /** Runs a script as root in the host. */
  sh(script: string): Promise<string> {
    return sh(this.name, script);
  }

  /** Cuts the power: the file system loses what was not written back. */
  async cut(): Promise<void> {
    await kill(this.name);
    this.#off();
  }

  /** Powers off cleanly. */
  async powerOff(): Promise<void> {
    await stop(this.name);
    this.#off();
  }

  /** Boots; with a broken daemon the host comes up without one. */
  async boot({ daemon }: { readonly daemon: "healthy" | "broken" }): Promise<void> {
    if (daemon === "broken") writeFileSync(join(this.#flags, "broken"), "");
    await up(this.name);
    await this.#find();
  }

  /** Gives a host that was booted with a broken daemon a healthy one. */
  async mendDaemon(): Promise<void> {
    rmSync(join(this.#flags, "broken"), { force: true });
    await this.sh(
      "systemctl stop left4me-hostd.service; systemctl reset-failed left4me-hostd.service; systemctl start left4me-hostd.service",
    );
  }

  /** Waits until the daemon answers and no instance is held by an operation. */
  async atRest(seconds = 60): Promise<void> {
    let last: unknown = "an operation goes on";
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
      try {
        const { instances } = await this.client.instances.listInstances({});
        if (instances.every(({ status }) => status?.operation === undefined)) return;
      } catch (error) {
        last = error;
      }
    }
    throw new Error(`${this.name} is not at rest after ${seconds} s: ${String(last)}\n${await this.daemonLog()}`);
  }

  /** What the daemon has said since the last boot. */
  async daemonLog(): Promise<string> {
    return (await exec(this.name, ["journalctl", "-b", "-u", "left4me-hostd", "-o", "cat", "--no-pager", "-n", "200"])).stdout;
  }

  /** What PID 1 says of an instance's game. */
  async gameOf(name: string): Promise<{ readonly active: boolean; readonly mainPid: number; readonly invocation: string }> {
    const text = await this.sh(`systemctl show -p ActiveState -p MainPID -p InvocationID left4me-server@${name}`);
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
    return { active: value("ActiveState") === "active", mainPid: Number(value("MainPID")), invocation: value("InvocationID") };
  }

  /** Deletes the host. */
  async end(): Promise<void> {
    this.#client?.close();
    rmSync(this.#flags, { recursive: true, force: true });
    await this.#daemon.end();
  }

  async #find(): Promise<void> {
    this.#pid = await leader(this.name);
    this.#client = createHostClient({ address: `unix:${this.path("/run/left4me/operator.sock")}`, timeoutMs: 60_000 });
  }

  #off(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
