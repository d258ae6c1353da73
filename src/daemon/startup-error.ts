/** Why the daemon did not start: what was asked, what was found, what to do. Printed without a stack. */
export class StartupError extends Error {
  override readonly name = "StartupError";
  /** 2 when the command line is wrong, 1 otherwise. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
