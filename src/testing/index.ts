/** A labelled fake host for tests of clients: the real service and use cases over games that exist in memory only. */

export type { FakeBehaviour } from "./fake-driver.ts";
export { createFakeHost, type FakeHost, type FakeHostOptions } from "./fake-host.ts";
