import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { buildPackage } from "./built-package.ts";
import { startLocalRegistry } from "./local-registry.ts";
import { projectRoot } from "./source-imports.ts";

const fixtures = join(projectRoot, "test/repo/fixtures/consumer");
const tsconfig = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "nodenext",
    target: "es2024",
    types: ["node"],
    skipLibCheck: false,
    outDir: "out",
  },
  include: ["*.ts"],
};

const manual = ["dist/man/l4d2ctl.1", "dist/man/left4me-host.yaml.5", "dist/man/left4me-hostd.8"];

describe("the published package", () => {
  const directory = mkdtempSync(join(tmpdir(), "l4m-package-"));
  const built = join(directory, "left4me-host");
  const consumer = join(directory, "consumer");
  let tarball = "";

  before(() => {
    buildPackage(built, { withBundles: true });
    const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", directory], {
      cwd: built,
      encoding: "utf8",
      stdio: "pipe",
    });
    tarball = join(directory, packedName(packed));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test("holds modules, declarations, contract and license, and nothing else", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const expected =
      /^package\/(?:dist\/.+\.(?:js|d\.ts|sh)|dist\/man\/[a-z0-9.-]+\.[158]|proto\/.+\.proto|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
    assert.deepEqual(
      files.filter((file) => !expected.test(file) || file.startsWith("package/dist/bundle/")),
      [],
    );
    for (const file of ["LICENSE", "dist/client/index.js", "dist/client/index.d.ts", "dist/drivers/embedded/processes/init.sh", ...manual])
      assert.ok(files.includes(`package/${file}`), file);
  });

  test("publint finds nothing", () => {
    const { status, stdout } = spawnSync("publint", ["run", tarball, "--strict", "--pack", "false"], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  test("its types resolve (attw)", () => {
    const { status, stdout } = spawnSync("attw", [tarball, "--profile", "esm-only", "--no-color"], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  test("installs into a strict TypeScript project, compiles and runs there", async () => {
    mkdirSync(consumer);
    cpSync(join(fixtures, "use-client.ts.txt"), join(consumer, "use-client.ts"));
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify(tsconfig));
    await installOffline(consumer, [tarball, "@types/node"]);
    const compiled = spawnSync("tsc", ["-p", "."], { cwd: consumer, encoding: "utf8" });
    assert.deepEqual({ status: compiled.status, text: compiled.stdout }, { status: 0, text: "" });
    const { status, stdout, stderr } = spawnSync(process.execPath, ["out/use-client.js"], {
      cwd: consumer,
      encoding: "utf8",
      timeout: 180_000,
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: readFileSync(join(fixtures, "use-client.out"), "utf8"), stderr: "" });
  });

  test("brings its two programs", () => {
    for (const name of ["l4d2ctl", "left4me-hostd"]) {
      const program = join(consumer, "node_modules/.bin", name);
      assert.ok(existsSync(program), name);
      assert.match(execFileSync(program, ["--version"], { encoding: "utf8" }), /^\d+\.\d+\.\d+\n$/);
    }
  });

  test("the bundles of the Debian package run without node_modules", () => {
    for (const name of ["l4d2ctl", "left4me-hostd", "left4me-installer"]) {
      assert.match(
        execFileSync(process.execPath, [join(built, `dist/bundle/${name}.js`), "--help"], { encoding: "utf8" }),
        new RegExp(`^Usage: ${name}`),
      );
    }
  });
});

/** Installs with npm from what is installed here, as from a registry; npm's own cache stays as it is. */
async function installOffline(project: string, packages: readonly string[]): Promise<void> {
  await using registry = await startLocalRegistry();
  const options = ["--registry", registry.url, "--cache", join(project, ".npm-cache"), "--no-audit", "--no-fund", "--ignore-scripts"];
  await promisify(execFile)("npm", ["install", ...options, ...packages], { cwd: project });
}

/** npm prints a list of packages; newer ones an object. */
function packedName(json: string): string {
  const parsed = JSON.parse(json) as Record<string, { readonly filename: string }>;
  return Object.values(parsed)[0]?.filename ?? "";
}
