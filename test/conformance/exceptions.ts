/**
 * What a driver may fail, and why: driver → test id → reason. Such a failure is reported as skipped, with the reason and
 * the error; when the test passes after all, the report says that the exception is to be removed.
 *
 * Capabilities need no exceptions: GetHost says what a host does not offer.
 */
export const exceptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  embedded: {},
  systemd: {},
  fake: {},
};
