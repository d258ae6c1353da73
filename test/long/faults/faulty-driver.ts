import type { Archive } from "../../../src/domain/archive.ts";
import { archiveTime } from "../../../src/domain/archive-id.ts";
import { HostError } from "../../../src/domain/host-error.ts";
import type { DriverInfo, HostDriver, ResetOptions, RuntimeIdentity, StartTarget } from "../../../src/host/driver.ts";
import type { InstallRunner } from "../../../src/host/install/install-runner.ts";
import { FakeDriver } from "../../../src/testing/fake-driver.ts";
import type { Faults } from "./faults.ts";

/**
 * The fake driver, whose orders are steps that may fail before or after they have done their work. It keeps what games write,
 * a text for each, and archives of it.
 */
export class FaultyDriver extends FakeDriver implements HostDriver {
  override readonly info: DriverInfo;
  readonly texts = new Map<string, string>();
  readonly kept = new Map<string, Map<string, string>>();
  readonly #faults: Faults;
  #starts = 0;

  constructor(faults: Faults, installer?: InstallRunner) {
    super({ startMs: 0, readyMs: 0, stopMs: 0 }, installer);
    this.#faults = faults;
    this.info = { ...new FakeDriver().info, preserve: true, archives: true };
  }

  override start(target: StartTarget, signal: AbortSignal): Promise<void> {
    return this.#order(`start ${target.name}`, async () => {
      await super.start(target, signal);
      this.#starts += 1;
      this.texts.set(target.name, `${this.texts.get(target.name) ?? ""}start ${this.#starts}; `);
    });
  }

  override stop(identity: RuntimeIdentity): Promise<void> {
    return this.#order(`stop ${identity.name}`, () => super.stop(identity));
  }

  override reset(identity: RuntimeIdentity, options?: ResetOptions): Promise<boolean> {
    const { name } = identity;
    return this.#order(`reset ${name}`, async () => {
      await super.stop(identity);
      const found = this.texts.get(name);
      const archive = options?.archive;
      if (archive !== undefined && found !== undefined && !this.#archivesOf(name).has(archive.id))
        this.#archivesOf(name).set(archive.id, found);
      const isKept = (options?.preserve.length ?? 0) > 0;
      if (found !== undefined && isKept) this.texts.set(name, "preserved");
      else this.texts.delete(name);
      return found !== undefined && found !== "preserved";
    });
  }

  override async archives({ name }: Pick<RuntimeIdentity, "name"> = { name: "" }): Promise<readonly Archive[]> {
    const ids = [...this.#archivesOf(name).keys()].toSorted().toReversed();
    return ids.map((id) => ({ id, createTime: archiveTime(id), sizeBytes: 1, buildId: "" }));
  }

  override restoreArchive({ name }: Pick<RuntimeIdentity, "name"> = { name: "" }, archiveId = ""): Promise<void> {
    return this.#order(`restore ${name}`, async () => {
      this.texts.set(name, this.#archivesOf(name).get(archiveId) ?? "");
    });
  }

  override deleteArchive({ name }: Pick<RuntimeIdentity, "name"> = { name: "" }, archiveId = ""): Promise<void> {
    return this.#order(`delete an archive of ${name}`, async () => {
      this.#archivesOf(name).delete(archiveId);
    });
  }

  override remove(identity: RuntimeIdentity): Promise<void> {
    return this.#order(`remove ${identity.name}`, async () => {
      await super.remove(identity);
      this.texts.delete(identity.name);
      this.kept.delete(identity.name);
    });
  }

  #archivesOf(name: string): Map<string, string> {
    const found = this.kept.get(name) ?? new Map<string, string>();
    this.kept.set(name, found);
    return found;
  }

  #order<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#faults.step(`driver: ${what}`, work, () => orderFailed(what));
  }
}

/** What a driver says of a unit that failed. */
export function orderFailed(what: string): HostError {
  return new HostError("HELPER_FAILED", `${what} failed`, { metadata: { command: what, exit_code: "1", stderr: "a fault of the test" } });
}
