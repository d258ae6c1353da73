import { clientPage } from "./client-page.ts";
import { daemonPage } from "./daemon-page.ts";
import type { ManPage } from "./man-page.ts";
import { markdownPage } from "./markdown-page.ts";
import { roffPage } from "./roff-page.ts";
import { specPage } from "./spec-page.ts";

/** The pages, each with the file that it is made from. */
const pages: readonly { readonly source: string; readonly page: () => ManPage }[] = [
  { source: "src/cli/program.ts", page: clientPage },
  { source: "src/daemon/daemon-options.ts", page: daemonPage },
  { source: "src/domain/spec-file-schema.ts", page: specPage },
];

/**
 * The manual pages by their file names, such as `l4d2ctl.1`. They say what `--help` and the schema say.
 *
 * @param epoch the day that they bear, in seconds since 1970
 */
export function manPages(version: string, epoch: number): Record<string, string> {
  const origin = { version, date: new Date(epoch * 1000).toISOString().slice(0, 10) };
  return Object.fromEntries(pages.map(({ page }) => page()).map((page) => [`${page.name}.${page.section}`, roffPage(page, origin)]));
}

/** The same for readers of the repository, by their paths below docs/reference. */
export function manReference(): Record<string, string> {
  return Object.fromEntries(
    pages.map(({ source, page: make }) => {
      const page = make();
      return [`man/${page.name}.${page.section}.md`, markdownPage(page, source)];
    }),
  );
}
