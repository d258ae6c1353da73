import { pause, print, write, writeError } from "./output.mjs";

/** What an update is refused with before it begins. */
export function refusals({ failure, exit_code: exitCode, text }) {
  switch (failure) {
    case "appinfo_timeout":
      return { text: "ERROR! Timed out waiting for AppInfo update.", exitCode: exitCode ?? 1 };
    case "no_subscription":
      return { text: "ERROR! Failed to install app '222860' (No subscription)", exitCode: exitCode ?? 8 };
    case "missing_configuration":
      return { text: "ERROR! Failed to install app '222860' (Missing configuration)", exitCode: exitCode ?? 8 };
    case "reason":
      return { text: `ERROR! Failed to install app '222860' (${text})`, exitCode: exitCode ?? 8 };
    default:
      return { text: "ERROR! Failed to install app '222860' (Invalid platform)", exitCode: exitCode ?? 8 };
  }
}

/** The end of an update that failed with a state. */
export function stateError({ state, exit_code: exitCode }) {
  return { text: `Error! App '222860' state is ${state} after update job.`, exitCode: exitCode ?? 8 };
}

/** What happens in the middle of a download. What returns goes on with it. */
export function misbehave(failure) {
  switch (failure.failure) {
    case "hang":
      // Handlers do not run while this thread waits: a signal with one is as good as ignored.
      if (failure.ignore_sigterm === true) for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
      for (;;) pause(60_000);
    case "crash":
      process.kill(process.pid, "SIGSEGV");
      return pause(60_000);
    case "exit":
      if (failure.text !== undefined) print(failure.text);
      if (failure.error_text !== undefined) writeError(Buffer.from(`${failure.error_text}\n`));
      return process.exit(failure.exit_code ?? 0);
    case "endless_line":
      for (let left = failure.bytes ?? 1_000_000; left > 0; left -= 10_000) write(Buffer.alloc(Math.min(left, 10_000), "endless "));
      print("");
      return undefined;
    case "many_lines":
      for (let line = 0; line < (failure.lines ?? 100_000); line++) print(`line ${line} ${"z".repeat(700)}`);
      return undefined;
    case "invalid_utf8":
      write(
        Buffer.from([
          0x66, 0x6f, 0x6f, 0xff, 0xfe, 0x80, 0x20, 0xc3, 0x0a, 0x1b, 0x5b, 0x30, 0x6d, 0x00, 0x07, 0x62, 0x61, 0x72, 0x0d, 0x0a,
        ]),
      );
      return undefined;
    default:
      throw new Error(`behaviour: no failure "${failure.failure}"`);
  }
}
