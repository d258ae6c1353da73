/**
 * `npm run build [-- --out DIR]`: what is published, into dist/.
 *
 * Modules and their declarations, file by file, and the manual pages, for the package; and a bundle of each program, which
 * starts faster and needs no node_modules, for the Debian package.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";
import { sourceDate } from "./deb/source-date.ts";
import { manPages } from "./man/man-pages.ts";

/** The programs: name of the bundle, and source. The daemon starts the installer; nobody calls it by name. */
const programs = [
  { name: "l4d2ctl", module: "cli/main" },
  { name: "left4me-hostd", module: "daemon/main" },
  { name: "left4me-installer", module: "installer/main" },
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
    placeManPages(join(modules, "man"));
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

/** `package.json` names them, so that `npm install --global` installs them. */
function placeManPages(directory: string): void {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  mkdirSync(directory);
  for (const [name, page] of Object.entries(manPages(version, dayOfPages()))) writeFileSync(join(directory, name), page);
}

/** Sources without their history can be built too; their pages bear the day of the build. */
function dayOfPages(): number {
  try {
    return sourceDate(root);
  } catch {
    return Date.now() / 1000;
  }
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
