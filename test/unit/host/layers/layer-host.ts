import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { InstanceSpecInput } from "../../../../src/domain/instance-spec.ts";
import type { Explanation, HostApi } from "../../../../src/host/api.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { scratch } from "../unpack/scratch.ts";
import { type RawEntry, tarOf, uploadOf } from "../unpack/tar.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

/** A host over a driver without processes, whose layers are real. */
export class LayerHost {
  readonly root: string;
  readonly driver: FakeDriver;
  readonly host: HostApi;

  private constructor(root: string, driver: FakeDriver, host: HostApi) {
    this.root = root;
    this.driver = driver;
    this.host = host;
  }

  /** @param build files of the build besides its srcds_run; undefined: no build */
  static async open(t: TestContext, build?: Files, driver = new FakeDriver()): Promise<LayerHost> {
    const root = await scratch(t);
    const host = await openHost({ root, driver, version: "test", probe: async () => true });
    t.after(() => host.close());
    const srcds: RawEntry = { name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" };
    if (build !== undefined) await host.importBuild(uploadOf(tarOf(srcds, ...entriesOf(build))), true, signal);
    return new LayerHost(root, driver, host);
  }

  async importOverlay(ref: string, files: Files): Promise<void> {
    await this.host.importOverlay(ref, uploadOf(tarOf(...entriesOf(files))), signal);
  }

  /** Puts an overlay there by hand. @returns its directory */
  byHand(ref: string, files: Files): string {
    const directory = join(this.root, "overlays", ref);
    mkdirSync(join(directory, "left4dead2"), { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
      chmodSync(join(directory, path), 0o664);
    }
    return directory;
  }

  async initialize(spec: Partial<InstanceSpecInput>, validateOnly = false) {
    const request = { name: "a", spec: { port: 27015, ...spec }, labels: {}, etag: "", validateOnly, createOnly: false };
    return await this.host.initialize(request, caller);
  }

  /** Explains an instance with these overlays, the first on top. */
  async explain(...overlays: (string | { readonly ref: string; readonly alias: string })[]): Promise<Explanation> {
    await this.initialize({ overlays: overlays.map((overlay) => (typeof overlay === "string" ? { ref: overlay } : overlay)) });
    return await this.host.explain("a", signal);
  }

  async start(): Promise<void> {
    await this.host.start({ name: "a", etag: "", waitFor: "ACTIVE" }, caller);
  }
}

/** `path: layer < hidden, hidden`, a line a file. */
export function originsOf({ files }: Explanation): string[] {
  return files.map(({ path, layer, hides }) => `${path}: ${[layer, ...hides].join(" ")}`);
}

/** The messages of warnings with this code. */
export function messagesOf({ warnings }: Pick<Explanation, "warnings">, code: string): string[] {
  return warnings.filter((warning) => warning.code === code).map(({ message }) => message);
}

function entriesOf(files: Files): RawEntry[] {
  return Object.entries(files).map(([name, content]) => ({ name, content }));
}
