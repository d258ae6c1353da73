/** How large a screen is, in characters. */
export type ScreenSize = { readonly columns: number; readonly rows: number };

/** A terminal that can be drawn on. */
export type Screen = {
  /** As it is now. */
  size(): ScreenSize;
  /** Shows an empty page without a cursor. @param redraw called when the page has to be drawn anew: resized, or back after Ctrl-Z */
  open(redraw: () => void): void;
  /** Shows the cursor and what was there before. Does nothing when no page is open. */
  close(): void;
};

// Control sequences of xterm, which every terminal of today knows: the alternate screen (1049) and the cursor (25).
const openPage = "\x1b[?1049h\x1b[?25l";
const closePage = "\x1b[?25h\x1b[?1049l";

/** The screen behind this process's standard output; undefined where that cannot be drawn on. */
export function processScreen(): Screen | undefined {
  const { stdout } = process;
  if (stdout.isTTY !== true || ["", "dumb"].includes(process.env["TERM"] ?? "")) return undefined;
  let redraw: (() => void) | undefined;
  const resized = () => redraw?.();
  const suspend = () => {
    stdout.write(closePage);
    // Without this listener the signal does what it does by default: it stops the process until SIGCONT.
    process.off("SIGTSTP", suspend);
    process.kill(process.pid, "SIGTSTP");
  };
  const resume = () => {
    process.off("SIGTSTP", suspend).on("SIGTSTP", suspend);
    stdout.write(openPage);
    redraw?.();
  };
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    open: (onRedraw) => {
      redraw = onRedraw;
      stdout.write(openPage);
      stdout.on("resize", resized);
      process.on("SIGTSTP", suspend).on("SIGCONT", resume);
    },
    close: () => {
      if (redraw === undefined) return;
      redraw = undefined;
      stdout.off("resize", resized);
      process.off("SIGTSTP", suspend).off("SIGCONT", resume);
      stdout.write(closePage);
    },
  };
}
