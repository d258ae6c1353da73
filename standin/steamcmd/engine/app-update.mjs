import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { chooseFailure } from "./choose-failure.mjs";
import { recreated, remoteContent } from "./content.mjs";
import { hasManifest, readInstalled, removeManifest, writeInstalled, writeManifest } from "./manifest.mjs";
import { misbehave, refusals, stateError } from "./misbehave.mjs";
import { pause, print } from "./output.mjs";

const success = "Success! App '222860' fully installed.";

/** One `app_update 222860`. */
export class AppUpdate {
  #behaviour;
  #memory;
  #order;
  #staging;
  #steps;

  constructor(behaviour, memory, order) {
    this.#behaviour = behaviour;
    this.#memory = memory;
    this.#order = order;
    this.#staging = join(order.directory, "steamapps/downloading/222860");
    this.#steps = Math.max(5, Math.round(behaviour.download_ms / 100));
  }

  /** @returns what it was refused with, or undefined */
  run() {
    const { directory, platform, isAnonymous, validate } = this.#order;
    const failure = this.#failureAt("beginning");
    if (failure !== undefined) return refusals(failure);
    // Since November 2024 an anonymous account is told so unless the app is there already.
    if (isAnonymous && platform === "linux" && !hasManifest(directory)) return refusals({ failure: "invalid_platform" });
    const installed = readInstalled(directory);
    const wanted = remoteContent(this.#behaviour, platform);
    if (!validate && installed[platform]?.build === this.#behaviour.build_id) {
      print("Success! App '222860' already up to date.");
      return undefined;
    }
    return this.#update(installed, wanted);
  }

  #update(installed, wanted) {
    const { directory, platform, validate } = this.#order;
    this.#progress("0x3", "reconfiguring", 0, 0);
    const total = [...wanted.values()].reduce((sum, { size }) => sum + size, 0);
    if (validate) for (const share of [0.1, 0.6, 1]) this.#progress("0x5", "verifying install", Math.round(total * share), total);
    const isNew = installed[platform] !== undefined && installed[platform].build !== this.#behaviour.build_id;
    if (isNew) rmSync(join(directory, recreated), { recursive: true, force: true });
    const changed = [...wanted].filter(([path, file]) => !isSame(join(directory, path), file));
    const refused = this.#download(changed);
    if (refused !== undefined) return refused;
    this.#commit(installed, wanted, changed);
    return this.#finish(total);
  }

  #download(changed) {
    const total = changed.reduce((sum, [, { size }]) => sum + size, 0) + this.#steps;
    let done = 0;
    let step = 0;
    let refused;
    const advance = (bytes) => {
      done += bytes;
      while (step < this.#steps && done >= (total * step) / this.#steps && refused === undefined) {
        this.#progress("0x61", "downloading", Math.min(total, Math.round((total * step) / this.#steps)), total);
        step += 1;
        if (step === Math.ceil(this.#steps * 0.4)) refused = this.#misbehave();
        pause(this.#behaviour.download_ms / this.#steps);
      }
    };
    mkdirSync(this.#staging, { recursive: true });
    advance(0);
    for (const [path, { executable, bytes }] of changed) {
      if (refused !== undefined) return refused;
      const target = join(this.#staging, path);
      mkdirSync(dirname(target), { recursive: true });
      const descriptor = openSync(target, "w");
      for (const piece of bytes()) {
        writeSync(descriptor, piece);
        advance(piece.length);
      }
      closeSync(descriptor);
      chmodSync(target, executable ? 0o755 : 0o644);
    }
    advance(this.#steps);
    if (refused === undefined) for (const share of [0.5, 1]) this.#progress("0x81", "verifying update", Math.round(total * share), total);
    return refused;
  }

  #misbehave() {
    const failure = this.#failureAt("download");
    if (failure === undefined) return undefined;
    return failure.failure === "state" ? stateError(failure) : misbehave(failure);
  }

  #commit(installed, wanted, changed) {
    const { directory, platform } = this.#order;
    const others = this.#behaviour.exclusive_platforms ? [] : Object.keys(installed).filter((name) => name !== platform);
    const kept = new Set([...wanted.keys(), ...others.flatMap((name) => installed[name].files)]);
    if (this.#behaviour.exclusive_platforms || installed[platform] !== undefined)
      for (const { files } of Object.values(installed))
        for (const path of files) if (!kept.has(path)) rmSync(join(directory, path), { force: true });
    const total = changed.reduce((sum, [, { size }]) => sum + size, 0);
    let done = 0;
    changed.forEach(([path, { size }], index) => {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      renameSync(join(this.#staging, path), join(directory, path));
      done += size;
      if (index % 10 === 0) this.#progress("0x101", "committing", done, total);
    });
    const otherRecords = this.#behaviour.exclusive_platforms ? {} : installed;
    writeInstalled(directory, { ...otherRecords, [platform]: { build: this.#behaviour.build_id, files: [...wanted.keys()] } });
    if (this.#behaviour.leave_downloading !== true) rmSync(dirname(this.#staging), { recursive: true, force: true });
  }

  #finish(sizeBytes) {
    const { directory } = this.#order;
    const failure = this.#failureAt("end");
    const stateFlags = failure?.failure === "success_with_bad_manifest" ? 1026 : 4;
    writeManifest(directory, { buildId: this.#behaviour.build_id, stateFlags, sizeBytes });
    if (failure?.failure === "success_without_manifest") removeManifest(directory);
    if (failure?.failure === "success_without_executable") chmodSync(join(directory, "srcds_linux"), 0o644);
    if (failure?.failure === "no_success_line") return { text: "", exitCode: failure.exit_code ?? 0 };
    print(success);
    if (failure?.failure === "crash_behind_success") process.kill(process.pid, "SIGSEGV");
    return undefined;
  }

  #failureAt(place) {
    return chooseFailure(this.#behaviour, this.#memory, place, this.#order.platform);
  }

  #progress(state, name, done, total) {
    const percent = (total === 0 ? 0 : (100 * done) / total).toFixed(2).replace(".", this.#behaviour.decimal);
    print(` Update state (${state}) ${name}, progress: ${percent} (${done} / ${this.#behaviour.claimed_total ?? total})`);
  }
}

/** Whether a file is what it is to be: its mode, size and content. */
function isSame(path, { executable, size, bytes }) {
  if (!existsSync(path)) return false;
  const found = statSync(path);
  if (found.size !== size || ((found.mode & 0o100) !== 0) !== executable) return false;
  const descriptor = openSync(path, "r");
  try {
    for (const piece of bytes()) {
      const read = Buffer.alloc(piece.length);
      readSync(descriptor, read, 0, piece.length, null);
      if (!read.equals(piece)) return false;
    }
    return true;
  } finally {
    closeSync(descriptor);
  }
}
