import { after, afterEach, before, describe, test } from "node:test";
import { drain, GuardedHost, refused } from "./guarded-host.ts";

const names: readonly (readonly [row: string, name: string])[] = [
  ["is empty", ""],
  ["is two dots", ".."],
  ["has a slash", "a/b"],
  ["looks like an option", "-rf"],
  ["has 65 characters", "x".repeat(65)],
  ["is unicode", "名前"],
  ["is a specifier of systemd", "%i"],
  ["holds NUL", "a\0b"],
  ["leads out", "../../etc/passwd"],
  ["holds a line feed", "a\nb"],
  ["has 100 kB", "x".repeat(100_000)],
];

describe("names", () => {
  let host: GuardedHost;
  before(async () => {
    host = await GuardedHost.open();
  });
  after(() => host?.close());
  afterEach(() => host.unharmed());

  for (const [row, name] of names) {
    test(`a name that ${row} is INVALID_NAME in every call`, async () => {
      const { instances, logs } = host.client;
      const calls = [
        instances.initializeInstance({ name, spec: { port: 27_400 } }),
        instances.initializeInstance({ name, spec: { port: 27_400 }, validateOnly: true }),
        instances.getInstance({ name }),
        instances.startInstance({ name }),
        instances.stopInstance({ name }),
        instances.restartInstance({ name }),
        instances.resetInstance({ name, archive: true }),
        instances.deleteInstance({ name }),
        instances.explainInstance({ name }),
        instances.listArchives({ name }),
        instances.restoreArchive({ name, archiveId: host.archiveId }),
        instances.deleteArchive({ name, archiveId: host.archiveId }),
        drain(logs.streamLogs({ name, follow: true })),
      ];
      await Promise.all(calls.map((call) => refused(call, "INVALID_NAME", /use 1 to 64 characters of a-z/)));
    });
  }
});
