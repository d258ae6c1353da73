import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What srcds_run makes of the arguments of a Source server for a server of Cube 2. */
const srcdsRun = `#!/bin/sh
# ./srcds_run -game left4dead2 -strictportbind -norestart +hostport PORT ... as a Cube 2 server.
while [ $# -gt 0 ]; do
  case $1 in +hostport) port=$2 ;; esac
  shift
done
export LD_LIBRARY_PATH=/game/cube2
echo "port $port" >>left4dead2/starts.txt
exec ./cube2/cube2_server -qleft4dead2 "-j$port" -m -c4 "-na real game"
`;

/**
 * Makes a build of a game that nobody here wrote: Debian's cube2-server, from the mirror that test hosts come from.
 *
 * @returns the tree, and how to remove it
 */
export function realGame(): { readonly tree: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "left4me-real-game-"));
  const tree = join(directory, "tree");
  try {
    const packages = download(directory);
    const unpacked = join(directory, "unpacked");
    for (const file of packages) execFileSync("dpkg-deb", ["-x", file, unpacked]);
    mkdirSync(join(tree, "cube2"), { recursive: true });
    mkdirSync(join(tree, "left4dead2"));
    cpSync(join(unpacked, "usr/lib/cube2/cube2_server"), join(tree, "cube2/cube2_server"));
    const [library = ""] = globSync("usr/lib/*/libenet.so.7.*", { cwd: unpacked });
    cpSync(join(unpacked, library), join(tree, "cube2/libenet.so.7"));
    writeFileSync(join(tree, "srcds_run"), srcdsRun);
    chmodSync(join(tree, "srcds_run"), 0o755);
    return { tree, remove: () => rmSync(directory, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The packages that a host lacks: the server, and the library that it speaks through. From the cache of test hosts if they are there. */
function download(directory: string): string[] {
  const cache = join(process.env["TESTHOST_DIR"] ?? "/var/tmp/left4me-testhosts", "debs");
  const mirror = process.env["TESTHOST_MIRROR"];
  const found = () => globSync("{cube2-server,libenet7}_*.deb", { cwd: cache }).map((file) => join(cache, file));
  if (found().length < 2) {
    mkdirSync(cache, { recursive: true });
    const options = ["--variant=minbase", "--download-only", `--cache-dir=${cache}`, "--include=cube2-server,libenet7"];
    const where = ["trixie", join(directory, "debootstrap"), ...(mirror === undefined ? [] : [mirror])];
    execFileSync("debootstrap", [...options, ...where], { stdio: ["ignore", "ignore", "inherit"] });
  }
  return found();
}
