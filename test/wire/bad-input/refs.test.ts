import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type HostErrorReason, importOverlay } from "../../../src/client/index.ts";
import { freeUdpPort } from "../../fixtures/free-udp-port.ts";
import { GuardedHost, refused, tinyArchive } from "./guarded-host.ts";

type Row = {
  readonly row: string;
  readonly ref: string;
  /** Lays the trap; its place is removed at the end. */
  readonly lay?: (place: string) => unknown;
  /** What InitializeInstance answers. Default: INVALID_SPEC, and INVALID_OVERLAY_REF to calls about the overlay itself. */
  readonly inSpec?: HostErrorReason;
  /** What stands in the message. */
  readonly found: RegExp;
};

const rows: readonly Row[] = [
  { row: "is absolute", ref: "/etc", found: /absolute/ },
  { row: "has two dots", ref: "a/../../etc", found: /component "\.\."/ },
  { row: "has an empty component", ref: "a//b", found: /empty component/ },
  { row: "has a trailing slash", ref: "a/", found: /empty component/ },
  { row: "is a symbolic link out", ref: "trap", lay: (place) => symlink("/etc", place), found: /symbolic link that the host did not make/ },
  {
    row: "is a loop of symbolic links",
    ref: "trap",
    lay: (place) => symlink("trap", place),
    found: /symbolic link that the host did not make/,
  },
  { row: "is missing", ref: "missing/one", inSpec: "OVERLAY_NOT_FOUND", found: /import/ },
  { row: "is a file", ref: "trap", lay: (place) => writeFile(place, "text"), found: /not a directory/ },
  { row: "is a FIFO", ref: "trap", lay: (place) => execFileSync("mkfifo", [place]), found: /not a directory/ },
  {
    row: "is a link to a device",
    ref: "trap",
    lay: (place) => symlink("/dev/zero", place),
    found: /symbolic link that the host did not make/,
  },
  {
    row: "is an empty directory",
    ref: "trap",
    lay: (place) => mkdir(place),
    inSpec: "OVERLAY_NOT_FOUND",
    found: /import/,
  },
];

describe("references", () => {
  let host: GuardedHost;
  before(async () => {
    host = await GuardedHost.open();
  });
  after(() => host?.close());

  for (const { row, ref, lay, inSpec, found } of rows) {
    test(`a reference that ${row} is refused in every call`, async () => {
      const place = join(host.root, "overlays", ref);
      await lay?.(place);
      const { instances, host: hosts } = host.client;
      const spec = { port: await freeUdpPort(), overlays: [{ ref: "kept/overlay" }, { ref }] };
      await refused(instances.initializeInstance({ name: "new", spec }), inSpec ?? "INVALID_SPEC", found);
      await refused(instances.initializeInstance({ name: "stopped", spec }), inSpec ?? "INVALID_SPEC", found);
      if (inSpec === undefined) {
        await refused(importOverlay(host.client, ref, tinyArchive("x")), "INVALID_OVERLAY_REF", found);
        await refused(hosts.deleteOverlay({ ref }), "INVALID_OVERLAY_REF", found);
      }
      if (lay !== undefined) await rm(place, { recursive: true });
      await host.unharmed();
    });
  }

  test("an overlay that vanishes behind an instance's back fails its start, which goes on when it is back", async () => {
    const { instances } = host.client;
    const link = join(host.root, "overlays/gone");
    await importOverlay(host.client, "gone", tinyArchive("gone"));
    const extra = await host.extra("orphan", { overlays: [{ ref: "gone" }] });
    await rm(link);
    await refused(instances.startInstance({ name: "orphan" }), "OVERLAY_NOT_FOUND", /"gone"/);
    await importOverlay(host.client, "gone", tinyArchive("gone"));
    await instances.startInstance({ name: "orphan" });
    await extra.remove();
    await host.client.host.deleteOverlay({ ref: "gone" });
    await host.unharmed();
  });
});
