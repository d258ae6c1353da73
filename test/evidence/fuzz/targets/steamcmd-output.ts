import assert from "node:assert/strict";
import { installerEventSchema } from "../../../../src/domain/installer-agreement.ts";
import { OutputLines } from "../../../../src/installer/output-lines.ts";
import { readLine } from "../../../../src/installer/read-line.ts";
import { redactor } from "../../../../src/installer/redact.ts";
import { ByteSource } from "../byte-source.ts";
import { cutAnywhere } from "../cut-anywhere.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";

const secret = "s3cret";
const redact = redactor(secret);
/** Lines up to this come the same however they are cut; longer ones only in bounded pieces. */
const surelyWhole = 12_000;
const longest = 4000;

/** What SteamCMD prints. */
export const target: FuzzTarget = {
  property: "the same lines however the output is cut, bounded, without controls or the password; what they say fits an installer's event",
  largestBytes: 2048,
  covers: ["/src/installer/"],
  seeds: [
    "\x02\x10\x00 Update state (0x61) downloading, progress: 12.34 (100 / 2000)\n[ 45%] Downloading update\r\n",
    "\x01\x40Success! App '222860' fully installed.\n[----] Update complete, launching\nWaiting for user info...OK",
    "\x00ERROR! Failed to install app '222860' (No subscription)\nError! App '222860' state is 0x402 after update job.\n",
    "\x00Logging in user 'a' to Steam Public...FAILED (Rate Limit Exceeded)\nFAILED login with result code 5\nLogin Failure: x\n",
    "\x00Connecting anonymously to Steam Public...OK\nERROR! Timed out waiting for AppInfo update.\n\x1b[1mbold\x1b[0m s3cret\n",
  ],
  words: [
    ...[
      secret,
      "s3c",
      "ret",
      "s3\x1b[0mcret",
      "s3c\0ret",
      "%",
      "\x1b[0m",
      "\x1b]0;",
      "\x07",
      "\x9b",
      "\r",
      "\n",
      "\0",
      "\xff",
      "é",
      "\ufeff",
    ],
    ...[
      "Update state (0x",
      ") ",
      "progress: ",
      " (1 / 2)",
      "FAILED (",
      "ERROR (",
      "ERROR! Failed to install ",
      "state is 0x",
      "after update job",
    ],
    ...["Success! App '222860' ", "9".repeat(400), "0x184", "[100%]", "[999%]", "x".repeat(1000), "Public...OK", "disk write", "corrupt"],
  ],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const cuts = choices.bytes(20);
    const times = choices.byte() > 250 ? 40 : 1;
    const text = choices.rest();
    const bytes = times === 1 ? text : Buffer.concat(Array.from({ length: times }, () => text));
    const whole = linesOf([bytes]);
    const cut = linesOf(cutAnywhere(bytes, new ByteSource(cuts)));
    if (
      bytes
        .toString("latin1")
        .split(/[\r\n]/)
        .every((line) => line.length <= surelyWhole)
    )
      assert.deepEqual(cut, whole, "cut elsewhere it reads differently");
    const said = [...whole, ...cut].map(checkLine);
    return said.includes(true) ? "taken" : "refused";
  },
};

function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const output = new OutputLines(redact, (text) => lines.push(text));
  for (const chunk of chunks) output.push(chunk);
  output.end();
  return lines;
}

/** Whether the line says something. */
function checkLine(text: string): boolean {
  assert.ok(text.length > 0 && text.length <= longest);
  assert.ok(!/[\r\n\0]/.test(text));
  assert.ok(!text.includes(secret), `the password is shown: ${JSON.stringify(text)}`);
  installerEventSchema.parse({ type: "line", time: 1, text });
  const meaning = readLine(text);
  if (meaning?.type === "progress") installerEventSchema.parse({ type: "progress", ...meaning.progress });
  if (meaning?.type === "failure") assert.ok((meaning.failure.problem ?? "").length <= longest);
  return meaning !== undefined;
}
