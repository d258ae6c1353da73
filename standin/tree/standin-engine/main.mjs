// Entry point of the stand-in game.
//
// The one static import installs the stop handlers; everything else is loaded afterwards. As PID 1 of a PID
// namespace a signal without a handler is dropped by the kernel, so each millisecond without one is a
// millisecond in which a stop gets lost.
import "./stop-signals.mjs";

const { start } = await import("./start.mjs");
await start(process.argv.slice(2));
