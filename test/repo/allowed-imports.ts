/** What the files of one folder of src/ may import. */
export type FolderRule = {
  /** What the folder is. */
  readonly role: string;
  /** Folders of ours besides itself. */
  readonly ours: readonly string[];
  /** npm packages; subpaths of them are included. */
  readonly packages: readonly string[];
  /** `pure`: only modules of Node.js without effects on the outside; `files`: all but those that start processes. */
  readonly node: "pure" | "files" | "all";
};

/** Modules of Node.js that compute and touch nothing. */
export const pureNodeModules = ["node:assert", "node:buffer", "node:crypto", "node:path", "node:util"];

const protobuf = "@bufbuild/protobuf";
const connect = ["@connectrpc/connect", "@connectrpc/connect-node"];

/** Modules of Node.js that start processes. */
export const processModules = ["node:child_process", "node:cluster"];

/**
 * The allowed imports, by folder of src/. Dependencies point one way only: what is above never learns of what is below.
 * docs/reference/allowed-imports.md shows the same table.
 */
export const allowedImports: Readonly<Record<string, FolderRule>> = {
  gen: { role: "generated from the contract", ours: [], packages: [protobuf], node: "pure" },
  domain: { role: "pure values, no I/O", ours: [], packages: ["yaml", "zod"], node: "pure" },
  convert: { role: "domain values to messages and back", ours: ["domain", "gen"], packages: [protobuf], node: "pure" },
  exec: { role: "runs programs", ours: ["domain"], packages: ["execa"], node: "all" },
  host: { role: "use cases; owns the driver port", ours: ["exec", "domain"], packages: ["tar-stream", "zod"], node: "files" },
  drivers: { role: "how instances really run", ours: ["host", "exec", "domain"], packages: ["dbus-native", "zod"], node: "files" },
  installer: { role: "runs SteamCMD; a process of its own", ours: ["host", "exec", "domain"], packages: ["zod"], node: "files" },
  service: {
    role: "RPC handlers: translate only",
    ours: ["host", "convert", "domain", "gen"],
    packages: [protobuf, ...connect],
    node: "files",
  },
  daemon: {
    role: "configuration, listeners, life cycle",
    ours: ["service", "drivers", "host", "etcd", "exec", "domain"],
    packages: [...connect, "zod"],
    node: "files",
  },
  client: { role: "published client", ours: ["gen"], packages: [protobuf, ...connect], node: "files" },
  etcd: { role: "generated client of etcd", ours: [], packages: [protobuf, ...connect], node: "files" },
  fleet: { role: "published client of many hosts", ours: ["client", "etcd", "gen"], packages: [protobuf, ...connect], node: "files" },
  gateway: { role: "FleetService process", ours: ["fleet", "gen"], packages: [protobuf, ...connect], node: "files" },
  cli: {
    role: "l4d2ctl, a pure client",
    ours: ["client", "fleet", "convert", "domain"],
    packages: [protobuf, ...connect, "commander", "tar-stream"],
    node: "all",
  },
  testing: {
    role: "published fake host",
    ours: ["daemon", "service", "host", "installer", "convert", "domain", "client", "gen"],
    packages: [protobuf, ...connect, "tar-stream"],
    node: "files",
  },
};

/**
 * Names of folders that attract leftovers. Whatever would go there has a noun or verb of its own.
 */
export const refusedNames = ["common", "helper", "helpers", "misc", "shared", "util", "utils"];
