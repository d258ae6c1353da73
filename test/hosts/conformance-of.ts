import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { type DaemonHost, inGuest, operatorSocket, prepareDaemon } from "./prepared-daemon.ts";
import { inHost } from "./prepared-host.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const tool = join(import.meta.dirname, "testhost");

/** Declares the conformance suite against left4me-hostd.service on a host of its own, by one transport. */
export function describeConformance(transport: "dbus" | "sudo"): void {
  const title = `the conformance suite against left4me-hostd.service, by ${transport}`;
  describe(title, { skip: whyNoHosts() ?? false }, () => {
    let host: DaemonHost;
    before(async () => {
      host = await prepareDaemon(`cf-${transport}`, transport);
    });
    after(() => host?.end());

    // Each result is a subtest when it is known: a file that says nothing is taken for one that hangs.
    it("passes", async (t) => {
      const suite = `${inGuest.repository}/test/conformance/main.ts`;
      const command = [inHost.node, suite, "--address", operatorSocket, "--node-binary", inHost.node];
      const child = spawn(tool, ["exec", host.name, "--", ...command], { stdio: ["ignore", "pipe", "pipe"] });
      const ended = once(child, "close");
      let complaints = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        complaints += text;
      });
      let failed = 0;
      for await (const { word, lines } of paragraphs(child.stdout)) {
        const [, id = ""] = lines[0]?.split(/ +/) ?? [];
        if (word === undefined) t.diagnostic(lines.join("\n"));
        else if (word !== "skip") await t.test(id, () => assert.equal(word, "ok", lines.join("\n")));
        if (word === "FAIL") failed += 1;
      }
      const [code] = await ended;
      if (failed === 0) assert.equal(code, 0, complaints);
    });
  });
}

/** What the suite prints: a line that begins with `ok`, `FAIL` or `skip` with those that belong to it, and the end. */
async function* paragraphs(output: Readable): AsyncGenerator<{ word: string | undefined; lines: string[] }> {
  let lines: string[] = [];
  const wordOf = () => /^(ok|FAIL|skip) /.exec(lines[0] ?? "")?.[1];
  for await (const line of createInterface({ input: output })) {
    if (line === "") continue;
    if (lines.length > 0 && !line.startsWith("     ")) {
      yield { word: wordOf(), lines };
      lines = [];
    }
    lines.push(line);
  }
  yield { word: wordOf(), lines };
}
