import { type Finding, failing, shellWord } from "../../domain/finding.ts";
import { problemText, type TriedAddress } from "../failures/host-candidates.ts";
import { nextCommand } from "../next-command.ts";
import type { Outsider } from "./outsider.ts";

/** How a host is started, by what there may be. */
const startCure =
  "sudo systemctl start left4me-hostd.socket left4me-hostd.service (package), npm start (clone), or left4me-hostd (anywhere, without root); or name a host: --address, LEFT4ME_ADDRESS";

/** Why nobody answered at these addresses. */
export async function socketFinding(tried: readonly TriedAddress[], outsider: Outsider): Promise<Finding> {
  const denied = tried.find(({ problem }) => problem === "EACCES");
  if (denied !== undefined) return deniedFinding(denied.address, outsider);
  const list = tried.map(({ address, problem }) => `${address}: ${problemText(problem)}`).join("; ");
  const message = `no host answers (${list})`;
  if (!tried.every(({ address }) => address.startsWith("unix:")))
    return failing(
      "daemon",
      message,
      "check address, port and firewall; on the host itself: l4d2ctl --address unix:/run/left4me/operator.sock doctor",
    );
  if (tried.some(({ problem }) => problem === "ETIMEDOUT"))
    return failing(
      "daemon",
      message,
      "it listens and does not answer; with systemd: sudo systemctl restart left4me-hostd.service (games go on)",
    );
  return failing("daemon", message, startCure);
}

/** Who may not open a socket is told which group may, and whether the session is older than the membership. */
async function deniedFinding(address: string, outsider: Outsider): Promise<Finding> {
  const path = address.replace(/^unix:/, "");
  const gid = await outsider.groupOf(path);
  const { name, members } = groupWith(await outsider.groupFile(), gid);
  const { user } = outsider;
  if (gid === undefined || name === "")
    return failing(
      "socket-permission",
      `${user} may not open ${path}`,
      `see whom it belongs to: sudo ls -l ${shellWord(path)}; then run l4d2ctl as that user`,
    );
  const message = `${user} may not open ${path}, which is for the group ${name}`;
  if (gid === 0) return failing("socket-permission", message, `sudo ${nextCommand(address)("doctor")}`);
  if (members.includes(user) && !outsider.groups.includes(gid))
    return failing(
      "socket-permission",
      `${message}; ${user} is a member, but not yet in this session`,
      `log out and in again, or: newgrp ${name}`,
    );
  return failing("socket-permission", message, `sudo usermod -aG ${name} ${shellWord(user)}; then log out and in again`);
}

function groupWith(groupFile: string, gid: number | undefined): { readonly name: string; readonly members: readonly string[] } {
  const fields = groupFile
    .split("\n")
    .map((line) => line.split(":"))
    .find(([, , id]) => id !== undefined && Number(id) === gid && id !== "");
  return { name: fields?.[0] ?? "", members: (fields?.[3] ?? "").split(",") };
}
