// Preloaded into a daemon: its clock is as many milliseconds off as the file LEFT4ME_SIM_CLOCK says. The monotonic clock is not.
import { readFileSync } from "node:fs";

const RealDate = Date;
const file = process.env["LEFT4ME_SIM_CLOCK"] ?? "";

function now() {
  try {
    return RealDate.now() + Number(readFileSync(file, "utf8"));
  } catch {
    return RealDate.now();
  }
}

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }

  static now() {
    return now();
  }
};
