import { readdir, readFile, readlink } from "node:fs/promises";

/**
 * Who holds a UDP port of this host, told from /proc (proc_pid_net(5), proc_pid_fd(5)).
 */

/** The inodes of the sockets that are bound to a UDP port, IPv4 and IPv6. Empty where there is no /proc. */
export async function udpSocketInodes(port: number): Promise<ReadonlySet<string>> {
  return new Set((await udpSockets(port)).map(({ inode }) => inode));
}

/** Whether a UDP port is bound by a socket of this user, as this process numbers users. */
export async function isPortOfUser(port: number, uid: number): Promise<boolean> {
  return (await udpSockets(port)).some((socket) => socket.uid === uid);
}

async function udpSockets(port: number): Promise<{ inode: string; uid: number }[]> {
  const tables = await Promise.all(["/proc/net/udp", "/proc/net/udp6"].map((path) => readFile(path, "latin1").catch(() => "")));
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return tables
    .join("\n")
    .split("\n")
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const inode = fields[9];
      return fields[1]?.endsWith(suffix) === true && inode !== undefined ? [{ inode, uid: Number(fields[7]) }] : [];
    });
}

/** Whether one of the processes has one of the sockets open. Processes that are gone or hidden have none. */
export async function holdsSocket(pids: readonly number[], inodes: ReadonlySet<string>): Promise<boolean> {
  for (const pid of pids) {
    for (const link of await descriptorsOf(pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined && inodes.has(inode)) return true;
    }
  }
  return false;
}

/** The process that holds a socket, as `pid 42 (srcds_linux)`; undefined when it cannot be seen. */
export async function holderOf(inodes: ReadonlySet<string>): Promise<string | undefined> {
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name) || !(await holdsSocket([Number(name)], inodes))) continue;
    const command = await readFile(`/proc/${name}/comm`, "utf8").catch(() => "");
    return `pid ${name} (${command.trim()})`;
  }
  return undefined;
}

async function descriptorsOf(pid: number): Promise<string[]> {
  const directory = `/proc/${pid}/fd`;
  const names = await readdir(directory).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${directory}/${name}`).catch(() => "")));
}
