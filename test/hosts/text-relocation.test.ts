import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { down, exec, sh } from "./host.ts";
import { makeInstance, prepareHost } from "./prepared-host.ts";
import { start, stop, until, untilNothingIsLeft } from "./unit-state.ts";
import { onPath, whyNoHosts } from "./why-no-hosts.ts";

const host = "textrel";
const guest = join(import.meta.dirname, "guest");
const noAssembler = ["as", "ld", "readelf"].every(onPath) ? undefined : "test hosts need as, ld and readelf (Debian: binutils)";

/** Programs whose text segment the loader changes: of the game's kind, and of this machine's. */
const kinds = {
  x86: { assemble: ["--32", join(guest, "text-relocation.s")], link: ["-m", "elf_i386", "-dynamic-linker", "/lib/ld-linux.so.2"] },
  x64: {
    assemble: ["--64", join(guest, "text-relocation-64.s")],
    link: ["-m", "elf_x86_64", "-dynamic-linker", "/lib64/ld-linux-x86-64.so.2"],
  },
} as const;

describe("a program with text relocations", { skip: whyNoHosts() ?? noAssembler ?? false }, () => {
  const directory = mkdtempSync(join(tmpdir(), "left4me-textrel-"));

  before(() => prepareHost(host));
  after(async () => {
    rmSync(directory, { recursive: true, force: true });
    await down(host);
  });

  for (const [name, { assemble, link }] of Object.entries(kinds)) {
    it(`runs in the sandbox of a game and traces nothing: ${name}`, async (t) => {
      const program = join(directory, name);
      execFileSync("as", ["-o", `${program}.o`, ...assemble]);
      execFileSync("ld", [...link, "-pie", "-z", "notext", "-o", program, `${program}.o`], { stdio: "ignore" });
      assert.match(execFileSync("readelf", ["-d", program], { encoding: "utf8" }), /TEXTREL/);
      await makeInstance(host, name);
      const layer = `/var/lib/left4me/instances/${name}/gen/1/layer`;
      const unpack = `base64 -d >${layer}/srcds_run; chmod 775 ${layer}/srcds_run; chown left4me:left4me-game ${layer}/srcds_run`;
      await exec(host, ["bash", "-c", unpack], execFileSync("base64", [program], { encoding: "utf8" }));
      if (name === "x86" && (await exec(host, ["/lib/ld-linux.so.2", "--version"])).code !== 0)
        return t.skip("test hosts need a kernel that runs 32-bit programs (ia32_emulation)");
      const log = `journalctl --namespace=left4me -u left4me-server@${name} -o cat --no-pager`;
      await start(host, name);
      await until(host, `${log} | grep -qx 'text relocations work'`);
      assert.equal(await sh(host, `${log} | grep -v '^System Journal' | sort -u`), "text relocations work\n");
      assert.equal(await sh(host, `systemctl is-active left4me-server@${name}`), "active\n");
      await stop(host, name);
      await untilNothingIsLeft(host, name);
    });
  }
});
