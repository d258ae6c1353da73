/** A labelled fake host for tests of clients: the real service and use cases over games that exist in memory only. */

export type { RpcName, ScriptedFailure, ScriptedStartFailure } from "./call-script.ts";
export type { FakeBehaviour } from "./fake-behaviour.ts";
export { type Crash, createFakeHost, type FakeHost, type FakeHostOptions, type ScriptedFinding, type ScriptedUsage } from "./fake-host.ts";
export type { SteamFailure, SteamScript } from "./steam-script.ts";
