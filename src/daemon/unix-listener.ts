import { once } from "node:events";
import { chmodSync, lstatSync, type Stats, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { StartupError } from "./startup-error.ts";

/** Owner and group; who may open the socket may control the host. */
const socketMode = 0o660;

/**
 * Binds a listener to a unix socket. A socket file that a dead daemon left is replaced; one that answers is not.
 *
 * @throws StartupError when another daemon listens there, or when something else lies there
 */
export async function listenUnix(listener: Server, path: string): Promise<void> {
  await removeStaleSocket(path);
  // From the moment of its creation the file has its final mode: chmod alone would leave a gap.
  const umask = process.umask(0o777 & ~socketMode);
  try {
    listener.listen({ path });
  } finally {
    process.umask(umask);
  }
  try {
    await once(listener, "listening");
  } catch (error) {
    throw new StartupError(`cannot listen on unix:${path}: ${error instanceof Error ? error.message : error}`);
  }
  chmodSync(path, socketMode);
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = statsOf(path);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new StartupError(`cannot listen on unix:${path}: something that is no socket lies there; remove it or choose another path`);
  if (await answers(path)) {
    throw new StartupError(`another daemon is listening on unix:${path}; stop it first, or choose another path with --listen unix:/path`);
  }
  unlinkSync(path);
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Whether somebody accepts connections. Without permission to ask, somebody is assumed to. */
async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && (error.code === "ECONNREFUSED" || error.code === "ENOENT"));
  } finally {
    socket.destroy();
  }
}
