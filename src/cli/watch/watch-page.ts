import { InstanceState } from "../../client/index.ts";
import { clockOf } from "../output/clock.ts";
import { cutText } from "../output/cut-text.ts";
import { LivePage } from "../output/live-page.ts";
import type { Screen, ScreenSize } from "../output/screen.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Session } from "../session.ts";
import { watchTable } from "./watch-table.ts";
import type { WatchView } from "./watch-view.ts";
import type { WatchedInstances } from "./watched-instances.ts";

/** What a page shows besides its instances. */
export type WatchPageOptions = {
  readonly screen: Screen;
  readonly watched: WatchedInstances;
  /** The names that were asked for; none: all. */
  readonly names: readonly string[];
};

/** Shows a watch as a table that is drawn in place. What was seen last stays on the terminal when it is closed. */
export class WatchPage implements WatchView {
  readonly #terminal: Terminal;
  readonly #address: string;
  readonly #watched: WatchedInstances;
  readonly #names: readonly string[];
  readonly #page: LivePage;
  #isSynced = false;
  #outage: { readonly cause: string; readonly since: Date } | undefined;

  constructor({ terminal, address }: Session, { screen, watched, names }: WatchPageOptions) {
    this.#terminal = terminal;
    this.#address = address;
    this.#watched = watched;
    this.#names = names;
    this.#page = new LivePage(terminal, screen, (size) => this.#content(size));
  }

  changed(): void {
    this.#page.update();
  }

  /** The page opens with the first snapshot, so that a host that cannot be reached is an error like any other. */
  synced(): void {
    if (this.#isSynced) return this.#page.update();
    this.#isSynced = true;
    this.#page.open();
  }

  lost(cause: string): void {
    this.#outage = { cause, since: new Date() };
    this.#page.update();
  }

  back(): void {
    this.#outage = undefined;
    this.#page.update();
  }

  close(): void {
    this.#page.close();
    if (this.#isSynced) this.#terminal.out(this.#table());
  }

  #content({ columns, rows }: ScreenSize): string {
    const lines = this.#table(columns).split("\n").slice(0, -1);
    const room = Math.max(1, rows - 1);
    if (lines.length > room) {
      const hidden = lines.splice(room - 1).length;
      lines.push(cutText(`… and ${hidden} more: a larger terminal, names or --label show them`, columns));
    }
    return [cutText(this.#title(), columns), ...lines].join("\n");
  }

  #title(): string {
    if (this.#outage !== undefined)
      return `connection lost (${this.#outage.cause}), reconnecting; this is as of ${clockOf(this.#outage.since)}`;
    const all = this.#watched.all();
    const running = all.filter(({ instance }) => instance.status?.state === InstanceState.RUNNING).length;
    return `${all.length} ${all.length === 1 ? "instance" : "instances"}, ${running} running; ${this.#address}; ${clockOf(new Date())}`;
  }

  #table(columns?: number): string {
    const absent = this.#names.filter((name) => !this.#watched.has(name));
    return watchTable(this.#terminal, this.#watched.all(), { absent, ...(columns === undefined ? {} : { columns }) });
  }
}
