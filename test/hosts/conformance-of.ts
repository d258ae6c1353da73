import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type DaemonHost, prepareDaemon } from "./prepared-daemon.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

/** Declares the conformance suite against left4me-hostd.service on a host of its own, by one transport. */
export function describeConformance(transport: "dbus" | "sudo"): void {
  const title = `the conformance suite against left4me-hostd.service, by ${transport}`;
  describe(title, { skip: whyNoHosts() ?? false, timeout: 590_000 }, () => {
    let host: DaemonHost;
    before(async () => {
      host = await prepareDaemon(`cf-${transport}`, transport);
    });
    after(() => host?.end());

    it("passes", async (t) => {
      const { code, stdout } = await host.conformance();
      t.diagnostic(stdout.trim().split("\n").at(-1) ?? "");
      assert.equal(
        code,
        0,
        stdout
          .split("\n")
          .filter((line) => !/^(ok|skip) /.test(line))
          .join("\n"),
      );
    });
  });
}
