export { createEmbeddedDriver } from "./create-embedded-driver.ts";
export type { EmbeddedOptions } from "./embedded-options.ts";
