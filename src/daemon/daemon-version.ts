import packageJson from "../../package.json" with { type: "json" };

/** The version of left4me-host, as GetHost tells it. */
export const daemonVersion: string = packageJson.version;
