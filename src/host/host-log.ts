/** Where the host tells what no caller waits for. */
export type HostLog = (level: "debug" | "info" | "warn" | "error", message: string, fields?: Readonly<Record<string, unknown>>) => void;
