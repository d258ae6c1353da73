import { exitCodes } from "./failures/exit-code.ts";
import { defaultAddresses } from "./failures/host-candidates.ts";
import type { Terminal } from "./output/terminal.ts";

/** A part of the program's help, which is a section of its manual page as well: sentences, and terms with what they mean. */
export type HelpSection = {
  readonly title: string;
  readonly text?: string;
  readonly rows: readonly (readonly [term: string, meaning: string])[];
  readonly after?: string;
};

/** What the help of `l4d2ctl` tells besides commands and options. */
export function helpSections(terminal: Pick<Terminal, "env" | "cwd">): readonly HelpSection[] {
  return [addresses(terminal), json, environment, files, exitStatus()];
}

/** The section for a terminal. */
export function helpSectionText({ title, text, rows, after }: HelpSection): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  const lines = rows.map(([term, meaning]) => `  ${/^\d/.test(term) ? term.padStart(width) : term.padEnd(width)}  ${meaning}`.trimEnd());
  return [`${title}:`, ...(text === undefined ? [] : [text]), ...lines, ...(after === undefined ? [] : [after])].join("\n");
}

function addresses(terminal: Pick<Terminal, "env" | "cwd">): HelpSection {
  return {
    title: "Addresses",
    text: "Without --address and LEFT4ME_ADDRESS, the first of these that accepts a connection:",
    rows: defaultAddresses(terminal).map((address) => [address, ""]),
    after: "(the second follows LEFT4ME_ROOT)",
  };
}

const json: HelpSection = {
  title: "JSON",
  text: [
    "With --json: one document (an array where there may be several) in the proto3 JSON mapping of the contract",
    "left4me.host.v1: fields at their default are there, only what is not set (unknown, not there) is left out. logs and",
    "status --watch print one a line. A failure is a document too:",
    '{"error": {code, reason, message, metadata, violations}}. Errors and warnings also go to standard error.',
  ].join("\n"),
  rows: [],
};

const environment: HelpSection = {
  title: "Environment",
  rows: [
    ["LEFT4ME_ADDRESS", "the host, when --address does not say"],
    ["LEFT4ME_ROOT", "the directory of a host whose hostd.sock is tried; default /var/lib/left4me"],
    ["NO_COLOR", "no colours, when it is not empty"],
    ["TERM", "dumb: no colours, and nothing is drawn in place"],
  ],
};

const files: HelpSection = {
  title: "Files",
  rows: [
    ["/run/left4me/operator.sock", "the host's socket; for members of the group left4me-operator"],
    ["/usr/share/doc/left4me-host/examples/instance.yaml", "a specification of an instance"],
    ["/usr/share/left4me-host/instance-spec.schema.json", "JSON Schema of such files, for editors"],
  ],
};

function exitStatus(): HelpSection {
  return {
    title: "Exit codes",
    rows: Object.entries(exitCodes),
    after: [
      "A failed helper or subprocess of the host (its stderr is printed as it is) exits with its own code, 1 to 255.",
      "With several names: the highest code among them.",
    ].join("\n"),
  };
}
