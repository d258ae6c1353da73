import { readFileSync } from "node:fs";
import type { Build } from "../../../src/client/index.ts";
import type { BootingHost } from "../../hosts/booting-host.ts";

/**
 * Whether builds are whole: their layers, stacked by the kernel, show a game all of whose files are of this one build, and as many
 * bytes as the manifest says.
 */
export async function wholeness(host: BootingHost, builds: readonly Build[]): Promise<string[]> {
  const problems: string[] = [];
  for (const build of builds) {
    const { layers } = JSON.parse(readFileSync(host.path("builds", `${build.id}.json`), "utf8")) as { layers: string[] };
    const found = await shown(host, layers);
    const number = build.steamBuildId;
    if (found.texts.some((text) => text !== number))
      problems.push(`build ${number} shows files of ${[...new Set(found.texts)].join(" and ")}`);
    if (BigInt(found.bytes) !== build.sizeBytes)
      problems.push(`build ${number} has ${found.bytes} bytes, its manifest says ${build.sizeBytes}`);
  }
  return problems;
}

type Shown = { readonly texts: readonly string[]; readonly bytes: number };

/** What a stack shows: the builds that its files name, and how many bytes they have. */
async function shown(host: BootingHost, layers: readonly string[]): Promise<Shown> {
  // One option each: mount(8) refuses a joined one of more than 255 bytes.
  const lower = [...layers.map((layer) => `/var/lib/left4me/layers/${layer}`), "/run/left4me/empty"]
    .map((path) => `lowerdir+=${path}`)
    .join();
  const text = await host.sh(`mkdir -p /run/left4me/empty /run/left4me/whole
    mount -t overlay -o ro,${lower} overlay /run/left4me/whole
    trap 'cd /; umount /run/left4me/whole' EXIT
    cd /run/left4me/whole
    cat left4dead2/scripts/build.txt | sed 's/^build //'
    ls left4dead2/maps | sed -n 's/^only-in-\\(.*\\)\\.txt$/\\1/p'
    for file in left4dead2/pak01_*.vpk; do head -c -100 $file | cut -c1-4 | sort -u; done
    echo =; find . -type f -printf '%s\\n' | awk '{sum += $1} END {print sum}'`);
  const [texts = "", bytes = ""] = text.split("=\n");
  return { texts: texts.trim().split("\n"), bytes: Number(bytes) };
}
