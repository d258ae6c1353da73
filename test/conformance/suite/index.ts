import type { ConformanceTest } from "../runner/test-case.ts";
import { archives } from "./archives.ts";
import { builds } from "./builds.ts";
import { concurrency } from "./concurrency.ts";
import { errorsNotOffered } from "./errors-not-offered.ts";
import { errorsPorts } from "./errors-ports.ts";
import { errorsRequests } from "./errors-requests.ts";
import { errorsSpecs } from "./errors-specs.ts";
import { explain } from "./explain.ts";
import { health } from "./health.ts";
import { host } from "./host.ts";
import { hostileArchives } from "./hostile-archives.ts";
import { installTests } from "./install.ts";
import { lifecycleCrash } from "./lifecycle-crash.ts";
import { lifecycleInitialize } from "./lifecycle-initialize.ts";
import { lifecycleStart } from "./lifecycle-start.ts";
import { lifecycleStop } from "./lifecycle-stop.ts";
import { list } from "./list.ts";
import { logsFollow } from "./logs-follow.ts";
import { logsHistory } from "./logs-history.ts";
import { logsLines } from "./logs-lines.ts";
import { logsResume } from "./logs-resume.ts";
import { offered } from "./offered.ts";
import { overlayFiles } from "./overlay-files.ts";
import { overlayImports } from "./overlay-imports.ts";
import { overlayStack } from "./overlay-stack.ts";
import { processTests } from "./process.ts";
import { reflection } from "./reflection.ts";
import { supersede } from "./supersede.ts";
import { warnings } from "./warnings.ts";
import { watch } from "./watch.ts";
import { watchResume } from "./watch-resume.ts";

/** Every test, in the order in which tests of a lane begin. */
export const allTests: readonly ConformanceTest[] = [
  ...host,
  ...health,
  ...reflection,
  ...lifecycleInitialize,
  ...lifecycleStart,
  ...lifecycleStop,
  ...lifecycleCrash,
  ...warnings,
  ...explain,
  ...concurrency,
  ...supersede,
  ...errorsRequests,
  ...errorsSpecs,
  ...errorsNotOffered,
  ...offered,
  ...archives,
  ...errorsPorts,
  ...processTests,
  ...overlayFiles,
  ...overlayStack,
  ...overlayImports,
  ...hostileArchives,
  ...list,
  ...watch,
  ...watchResume,
  ...logsHistory,
  ...logsLines,
  ...logsFollow,
  ...logsResume,
  ...builds,
  ...installTests,
];
