import { type FailureRow, failureTable } from "../src/installer/failure-table.ts";

/** The text of docs/reference/steamcmd-failures.md. */
export function failuresReference(): string {
  const rows = Object.entries<FailureRow>(failureTable).map(
    ([reason, { sign, causes, cure }]) => `| \`${reason}\` | ${cell(sign)} | ${causes.map(cell).join("<br>")} | ${cell(cure)} |`,
  );
  return `<!-- Written by \`npm run generate\` from src/installer/failure-table.ts. -->
# Why an installation fails

A job that failed holds an \`InstallFailure\`: its \`reason\` is for programs, \`cause\` and \`cure\` are for people. What stands in braces
is a value of \`metadata\`; numbers of bytes are told in MiB and GiB. Nothing is left of a job that failed: the builds are what they were.

| reason | how it shows | cause | cure |
|---|---|---|---|
${rows.join("\n")}

- \`STEAM_MISSING_CONFIGURATION\`, \`STEAM_NETWORK\` and \`STEAM_TIMED_OUT\` (unless SteamCMD was silent) are told after four tries, with pauses of
  5, 20 and 60 seconds between them. A login that was refused and a rate limit are never tried again.
- SteamCMD's exit code alone proves nothing: it may be 0 for an installation that failed. An installation has succeeded when SteamCMD printed
  \`Success! App '222860' fully installed.\` for each platform (or, for an update without verification,
  \`Success! App '222860' already up to date.\`), \`steamapps/appmanifest_222860.acf\` tells of a complete installation, and \`srcds_linux\` is
  an executable file.
- The password of a Steam account stands in no cause, line or metadata.
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
