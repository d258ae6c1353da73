/** How grave a finding is; the contract's Severity. */
export type Severity = "OK" | "WARNING" | "ERROR";

/** One finding of a diagnosis. */
export type Finding = {
  /** A stable name in kebab-case, e.g. `disk-space`. */
  readonly check: string;
  readonly severity: Severity;
  /** What was found. */
  readonly message: string;
  /** What to do: commands where there are some. "" when nothing is to be done. */
  readonly cure: string;
};

/** All is well. */
export function fine(check: string, message: string): Finding {
  return { check, severity: "OK", message, cure: "" };
}

/** It works, but deserves attention. */
export function warning(check: string, message: string, cure: string): Finding {
  return { check, severity: "WARNING", message, cure };
}

/** It does not work. */
export function failing(check: string, message: string, cure: string): Finding {
  return { check, severity: "ERROR", message, cure };
}

/** The gravest first; within one severity by the check's name, then as they were found. */
export function gravestFirst(findings: readonly Finding[]): Finding[] {
  const gravity: Readonly<Record<Severity, number>> = { ERROR: 0, WARNING: 1, OK: 2 };
  return findings.toSorted((a, b) => gravity[a.severity] - gravity[b.severity] || (a.check < b.check ? -1 : a.check > b.check ? 1 : 0));
}

/** A word of a shell that means exactly this text. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
