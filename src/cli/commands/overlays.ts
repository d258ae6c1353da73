import {
  allPages,
  DeleteOverlayResponseSchema,
  ImportOverlayResponseSchema,
  importOverlay,
  type Overlay,
  OverlaySchema,
} from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { openArchive } from "../input/archive-source.ts";
import { ageOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { Progress } from "../output/progress.ts";
import { formatTable } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { wholeList } from "../whole-list.ts";
import { withHost } from "../with-host.ts";

export type OverlaysOptions = GlobalOptions & { readonly json?: boolean };

/** Prints the overlays; with `json` an array of the contract's Overlay. */
export function overlaysListCommand(terminal: Terminal, options: OverlaysOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async (session) => {
      const overlays = await listOverlays(session);
      if (options.json === true)
        printJson(
          terminal,
          overlays.map((overlay) => messageJson(OverlaySchema, overlay)),
        );
      else if (overlays.length > 0) terminal.out(overlayTable(overlays));
      else terminal.err(`no overlays; import one: ${session.next("overlays import REF DIRECTORY")}\n`);
      return 0;
    },
    { wait: { what: "the list of overlays" } },
  );
}

/** Uploads a version of an overlay from a directory or a tar archive. */
export function overlaysImportCommand(terminal: Terminal, ref: string, path: string, options: OverlaysOptions): Promise<number> {
  const progress = new Progress(terminal, `overlay ${ref}`);
  const use = async (session: Session) => {
    const { client, change } = session;
    const { stream, totalBytes, ...archive } = await openArchive(session, path);
    try {
      const answer = await importOverlay(client, ref, progress.count(stream, totalBytes), { ...change, ...archive });
      const users = answer.overlay?.usedBy ?? [];
      const next = users.length === 0 ? "" : `; used by ${users.join(", ")}: a restart applies it`;
      const done = answer.changed ? `imported${next}` : "unchanged";
      if (options.json === true) printJson(terminal, messageJson(ImportOverlayResponseSchema, answer));
      else terminal.out(`overlay ${ref}: ${done}\n`);
      return 0;
    } finally {
      progress.close();
      stream.destroy();
    }
  };
  return withHost(terminal, options, use, { wait: { what: `overlay ${ref} to be imported`, seen: () => progress.sent() } });
}

/** Removes an overlay. */
export function overlaysDeleteCommand(terminal: Terminal, ref: string, options: OverlaysOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, change }) => {
      const answer = await client.host.deleteOverlay({ ref }, change);
      if (options.json === true) printJson(terminal, messageJson(DeleteOverlayResponseSchema, answer));
      else terminal.out(`overlay ${ref}: ${answer.changed ? "deleted" : "no such overlay, nothing to delete"}\n`);
      return 0;
    },
    { wait: { what: `overlay ${ref} to be deleted`, goesOn: true } },
  );
}

/** Every overlay, all pages. */
export async function listOverlays({ client, read }: Pick<Session, "client" | "read">): Promise<Overlay[]> {
  return wholeList(allPages(client.host.listOverlays, {}, read), (page) => page.overlays);
}

function overlayTable(overlays: readonly Overlay[]): string {
  return formatTable(
    ["OVERLAY", "VERSION", "SIZE", "FILES", "AGE", "USED BY", "REMARKS"],
    overlays.map(({ ref, version, sizeBytes, files, publishTime, usedBy, mutable, editedInUse }) => [
      ref,
      version.slice(0, 19),
      formatBytes(sizeBytes),
      files === undefined ? "" : String(files),
      ageOf(publishTime),
      usedBy.join(", "),
      [...(mutable ? ["put there by hand"] : []), ...(editedInUse ? ["edited while in use"] : [])].join("; "),
    ]),
  );
}
