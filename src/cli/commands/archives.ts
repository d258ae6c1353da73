import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Archive, ArchiveSchema, allPages, DeleteArchiveResponseSchema, RestoreArchiveResponseSchema } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { ageOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { formatTable } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { wholeList } from "../whole-list.ts";
import { withHost } from "../with-host.ts";

export type ArchivesOptions = GlobalOptions & { readonly json?: boolean; readonly etag?: string };

/** Prints the archives of an instance, the newest first; with `json` an array of the contract's Archive. */
export function archivesCommand(terminal: Terminal, name: string, options: ArchivesOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async (session) => {
      const archives = await listArchives(session, name);
      if (options.json === true)
        printJson(
          terminal,
          archives.map((archive) => messageJson(ArchiveSchema, archive)),
        );
      else if (archives.length > 0) terminal.out(archiveTable(archives));
      else terminal.err(`no archives of ${name}; a reset keeps one with --archive: ${session.next(`reset ${name} --archive`)}\n`);
      return 0;
    },
    { wait: { what: `the list of archives of ${name}` } },
  );
}

/** Puts an archive back. */
export function restoreCommand(terminal: Terminal, name: string, archiveId: string, options: ArchivesOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, change }) => {
      const answer = await client.instances.restoreArchive(
        { name, archiveId, ...(options.etag === undefined ? {} : { etag: options.etag }) },
        change,
      );
      if (options.json === true) printJson(terminal, messageJson(RestoreArchiveResponseSchema, answer));
      else terminal.out(`${name}: has the files of archive ${archiveId} again; the archive stays\n`);
      return 0;
    },
    { wait: { what: `${name} to get its archive back`, name, goesOn: true } },
  );
}

/** Removes an archive. */
export function deleteArchiveCommand(terminal: Terminal, name: string, archiveId: string, options: ArchivesOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, change }) => {
      const answer = await client.instances.deleteArchive({ name, archiveId }, change);
      if (options.json === true) printJson(terminal, messageJson(DeleteArchiveResponseSchema, answer));
      else terminal.out(`${name}: archive ${archiveId} ${answer.changed ? "deleted" : "is not there, nothing to delete"}\n`);
      return 0;
    },
    { wait: { what: `archive ${archiveId} of ${name} to be deleted`, name, goesOn: true } },
  );
}

/** Every archive of an instance, all pages, the newest first. */
export async function listArchives({ client, read }: Pick<Session, "client" | "read">, name: string): Promise<Archive[]> {
  return wholeList(allPages(client.instances.listArchives, { name }, read), (page) => page.archives);
}

function archiveTable(archives: readonly Archive[]): string {
  return formatTable(
    ["ARCHIVE", "KEPT", "AGE", "SIZE", "BUILD"],
    archives.map(({ id, createTime, sizeBytes, buildId }) => [
      id,
      createTime === undefined ? "" : timestampDate(createTime).toISOString().slice(0, 19).replace("T", " "),
      ageOf(createTime),
      formatBytes(sizeBytes),
      buildId,
    ]),
  );
}
