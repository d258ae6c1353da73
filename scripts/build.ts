/**
 * `npm run build [-- --out DIR]`: what is published, into dist/.
 *
 * Modules and their declarations, file by file, for the package; and a bundle of each program, which starts faster and
 * needs no node_modules, for the Debian package.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

/** The programs: name of the bundle, source, and what the package calls. */
const programs = [
  { name: "l4d2ctl", module: "cli/main" },
  { name: "left4me-hostd", module: "daemon/main" },
];

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "dist") }, "no-bundle": { type: "boolean" } } });
await build(resolve(values.out), values["no-bundle"] !== true);

/** Builds beside `out` and then takes its place, so that nobody meets half a build. */
async function build(out: string, withBundles: boolean): Promise<void> {
  mkdirSync(dirname(out), { recursive: true });
  const staging = mkdtempSync(`${out}-`);
  try {
    compile(staging);
    const modules = join(staging, "src");
    copyAssets(modules);
    for (const { module } of programs) chmodSync(join(modules, `${module}.js`), 0o755);
    if (withBundles) await bundle(join(modules, "bundle"));
    rmSync(out, { recursive: true, force: true });
    renameSync(modules, out);
    chmodSync(out, 0o755);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function compile(outDir: string): void {
  execFileSync("tsc", ["-p", "tsconfig.build.json", "--outDir", outDir], { cwd: root, stdio: "inherit" });
}

/** Scripts and data that modules read from beside themselves. */
function assets(): string[] {
  return globSync("**/*", { cwd: join(root, "src") }).filter((path) => !path.endsWith(".ts") && statSync(join(root, "src", path)).isFile());
}

function copyAssets(modules: string): void {
  for (const path of assets()) cpSync(join(root, "src", path), join(modules, path));
}

/**
 * In a bundle every file lies in the same folder, and so do the assets. What a program imports when it needs it, and not
 * before, is a file of its own: in one file the imports of Node.js's own modules would all be made at the start.
 */
async function bundle(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const { name, module } of programs) {
    const build = await rolldown({ input: { [name]: join(root, "src", `${module}.ts`) }, platform: "node", logLevel: "warn" });
    await build.write({
      dir: directory,
      format: "esm",
      minify: true,
      entryFileNames: "[name].js",
      chunkFileNames: `${name}-[name]-[hash].js`,
    });
    await build.close();
    chmodSync(join(directory, `${name}.js`), 0o755);
  }
  for (const path of assets()) cpSync(join(root, "src", path), join(directory, basename(path)), { errorOnExist: true, force: false });
}
