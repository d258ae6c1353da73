import type { InstallOptions } from "../install/install-options.ts";
import type { Terminal } from "../output/terminal.ts";

/** Imports a game build from this machine, or has the host install the game through SteamCMD, or sees to a job that does. */
export async function installCommand(terminal: Terminal, options: InstallOptions): Promise<number> {
  if (options.import !== undefined) {
    const { importBuildCommand } = await import("./import-build.ts");
    return await importBuildCommand(terminal, options.import, options);
  }
  if (options.cancel !== undefined || options.status === true) {
    const { cancelInstallCommand, showInstallCommand } = await import("./install-job.ts");
    return await (options.cancel !== undefined ? cancelInstallCommand : showInstallCommand)(terminal, options);
  }
  const { followInstallCommand } = await import("./follow-install.ts");
  return await followInstallCommand(terminal, options);
}
