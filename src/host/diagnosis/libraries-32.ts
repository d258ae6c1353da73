import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, failing, fine, warning } from "../../domain/finding.ts";
import { HostError } from "../../domain/host-error.ts";
import { run } from "../../exec/run.ts";
import { BuildFiles } from "../layers/build-files.ts";
import type { Check } from "./check.ts";

/** The loader of 32-bit programs, and what srcds_linux is linked with, by Debian package. */
const libraries: Readonly<Record<string, string>> = {
  "ld-linux.so.2": "libc6-i386",
  "libstdc++.so.6": "lib32stdc++6",
  "libgcc_s.so.1": "lib32gcc-s1",
};

/** Where distributions keep 32-bit libraries; the loader itself is always /lib/ld-linux.so.2. */
const directories = ["lib", "lib32", "usr/lib32", "lib/i386-linux-gnu", "usr/lib/i386-linux-gnu", "usr/lib"];

/** What decides about the game's 32-bit programs; tests bring their own. */
export type Machine = {
  /** The root of the file system. Default: `/`. */
  readonly root?: string;
  /** What Node calls the processor. Default: this machine's. */
  readonly arch?: string;
  /** The directories of the active build, the top first. Default: none. */
  readonly buildLayers?: readonly string[];
  /** Whether this process may not run 32-bit programs itself. Default: when its system calls are filtered. */
  readonly isFiltered?: boolean;
};

/** Whether the game's 32-bit programs can run. Without a build that needs it, what is missing is a warning only. */
export function libraries32({ root = "/", arch = process.arch, buildLayers = [], ...given }: Machine): Check {
  return {
    name: "libraries-32-bit",
    async run(signal) {
      const judge = (await needs32Bits(buildLayers)) ? failing : warning;
      if (arch !== "x64" && arch !== "ia32")
        return [judge("kernel-32-bit", `this is an ${arch} machine, and the game is made for x86`, "use an amd64 host for real games")];
      const missing = [];
      for (const name of Object.keys(libraries)) if (!(await isThere(root, name))) missing.push(name);
      const found = missing.length === 0 ? fine("libraries-32-bit", "the 32-bit libraries are there") : lacking(missing, judge);
      const loader = join(root, "lib/ld-linux.so.2");
      const onlyAsk = missing.includes("ld-linux.so.2") || (given.isFiltered ?? (await isFiltered()));
      const kernel = onlyAsk ? await asksKernel() : await runsLoader(loader, signal);
      return [found, kernel ? fine("kernel-32-bit", "the kernel runs 32-bit programs") : noSupport(judge)];
    },
  };
}

function lacking(missing: readonly string[], judge: typeof failing): Finding {
  const packages = missing.map((name) => libraries[name]).join(" ");
  return judge(
    "libraries-32-bit",
    `the 32-bit ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing: the game would not start`,
    `sudo apt-get install --reinstall ${packages}`,
  );
}

function noSupport(judge: typeof failing): Finding {
  return judge(
    "kernel-32-bit",
    "the kernel does not run 32-bit programs",
    "boot with ia32_emulation=1 (add it to GRUB_CMDLINE_LINUX in /etc/default/grub; sudo update-grub; sudo reboot), or use a kernel with CONFIG_IA32_EMULATION",
  );
}

/** The stand-in for the game needs no 32-bit library. */
async function needs32Bits(layers: readonly string[]): Promise<boolean> {
  if ((await new BuildFiles(layers).find("srcds_linux")) !== "file") return false;
  for (const layer of layers) {
    const is32 = await is32Bit(join(layer, "srcds_linux"));
    if (is32 !== undefined) return is32;
  }
  return false;
}

async function isThere(root: string, name: string): Promise<boolean> {
  const places = name === "ld-linux.so.2" ? ["lib"] : directories;
  for (const place of places) if ((await is32Bit(join(root, place, name))) === true) return true;
  return false;
}

/** Whether a file is a 32-bit ELF: EI_CLASS of elf(5). Undefined when it is not there. */
async function is32Bit(path: string): Promise<boolean | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer } = await file.read(Buffer.alloc(5), 0, 5, 0);
    return buffer.toString("latin1") === "\x7fELF\x01";
  } finally {
    await file.close();
  }
}

/**
 * The loader is itself a 32-bit program. bash runs it, which takes no binary for a script where the kernel refuses it, as
 * execvp(3) does.
 */
async function runsLoader(loader: string, signal: AbortSignal): Promise<boolean> {
  try {
    await run("bash", ["-c", 'exec "$0" --version', loader], { timeoutMs: 3000, signal });
    return true;
  } catch (error) {
    const code = error instanceof HostError ? error.metadata["exit_code"] : "";
    if (code === "") return asksKernel(); // there is no bash
    return code !== "126"; // an old loader knows no --version, and says so: it ran
  }
}

/** A filter of system calls may kill 32-bit programs, as that of left4me-hostd.service does. */
async function isFiltered(): Promise<boolean> {
  return /^Seccomp:\s+[12]$/m.test(await readFile("/proc/self/status", "latin1").catch(() => ""));
}

/** This sysctl belongs to the emulation (arch/x86/entry/vdso); since Linux 6.7 the command line may have switched it off. */
async function asksKernel(): Promise<boolean> {
  const names: readonly string[] = await readdir("/proc/sys/abi").catch(() => []);
  const commandLine = await readFile("/proc/cmdline", "latin1").catch(() => "");
  return (process.arch === "ia32" || names.includes("vsyscall32")) && !/(?:^|\s)ia32_emulation=(?:0|n|off|false)\b/.test(commandLine);
}
