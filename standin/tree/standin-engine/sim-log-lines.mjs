import { writeBytes } from "./console.mjs";

const TICK_MS = 20;
/** Bytes of whole lines written at once: a flood of single writes would measure this process, not its reader. */
const BATCH = 64 * 1024;

/** @type {NodeJS.Timeout | undefined} */
let timer;
let written = 0;

/**
 * Writes `sim line 1 xxx`, `sim line 2 xxx`, … at sim_log_rate lines a second, each sim_log_bytes long. The numbers go
 * on over changes of the rate, so that a reader can tell a gap.
 * @param {import("./cvars.mjs").Cvars} cvars
 */
export function setLogRate(cvars) {
  clearInterval(timer);
  const rate = cvars.number("sim_log_rate");
  if (rate <= 0) return;
  const since = performance.now();
  let due = 0;
  timer = setInterval(() => {
    const total = Math.floor(((performance.now() - since) * rate) / 1000);
    const bytes = cvars.number("sim_log_bytes");
    writeLines(total - due, (n) => padTo(`sim line ${written + n} `, bytes));
    written += total - due;
    due = total;
  }, TICK_MS);
}

/**
 * @param {number} count
 * @param {(n: number) => string} line the n-th line, from 1
 */
export function writeLines(count, line) {
  let batch = "";
  for (let n = 1; n <= count; n++) {
    batch += `${line(n)}\n`;
    if (batch.length < BATCH) continue;
    writeBytes(Buffer.from(batch));
    batch = "";
  }
  writeBytes(Buffer.from(batch));
}

/**
 * @param {string} start
 * @param {number} bytes length of the line without its end; a longer start is kept whole
 */
export function padTo(start, bytes) {
  return start.padEnd(bytes, "x");
}
