import assert from "node:assert/strict";
import { dirname, join, resolve } from "node:path";
import { archiveIdPattern, archiveTime, newArchiveId } from "../../../../src/domain/archive-id.ts";
import { parseInstanceName } from "../../../../src/domain/instance-name.ts";
import { overlayRefsConflict, parseOverlayRef } from "../../../../src/domain/overlay-ref.ts";
import { parseUnitName, unitName, unitOfPath, unitPath } from "../../../../src/drivers/systemd/units/unit-names.ts";
import { checkLinkTarget, entryPath } from "../../../../src/host/unpack/entry-path.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOr } from "../refused-or.ts";

const base = "/base";

/** Names of instances, overlays, archives, units, entries of archives, and targets of links: what becomes a path. */
export const target: FuzzTarget = {
  property: "refused with the reason that is promised, or a name that leads to one place below the directory that it is joined to",
  largestBytes: 512,
  covers: ["/src/domain/", "/src/host/unpack/", "/src/drivers/systemd/units/unit-names"],
  seeds: [
    ...["demo", "a-b_c", "workshop/maps@1", "20261129T101500Z-1a2b", "left4me-server@demo.service", "left4me-install.service"],
    ...["./left4dead2/cfg/", "a/b\n../c", "a/b/c\n../../x/y", "/org/freedesktop/systemd1/unit/a_2eservice\nx"],
  ],
  words: [
    ...["..", "../", "./", "/", "//", "\0", "\n", "\r", "\x7f", "\u202e", "\ufffd", "é", "a".repeat(64), "a".repeat(255), "a/".repeat(64)],
    ...["left4me-", "server@", "overlay@", "reset@", ".service", "_2e", "_", "-", "@", "%", "T", "Z-", "99999999T999999Z-ffff", "~", "$"],
  ],
  check(input): Verdict {
    const text = input.toString("utf8");
    const [first = "", second = ""] = text.split("\n", 2);
    const verdicts = [instanceName(text), overlayRef(first, second), archiveId(text), unit(text), entry(text), link(first, second)];
    unitPathOf(input.toString("latin1"));
    return verdicts.includes(true) ? "taken" : "refused";
  },
};

function instanceName(text: string): boolean {
  const name = refusedOr(["INVALID_NAME"], () => parseInstanceName(text));
  if (name === undefined) return false;
  assert.equal(join(base, name), `${base}/${text}`);
  assert.ok(!name.includes("/") && !name.startsWith(".") && !name.startsWith("-") && name.length <= 64);
  for (const kind of ["server", "overlay", "reset"] as const) assert.deepEqual(parseUnitName(unitName(kind, name)), { kind, name });
  return true;
}

function overlayRef(text: string, other: string): boolean {
  const ref = refusedOr(["INVALID_OVERLAY_REF"], () => parseOverlayRef(text));
  assert.equal(overlayRefsConflict(text, other), overlayRefsConflict(other, text));
  if (ref === undefined) return false;
  assert.equal(resolve(base, ref), `${base}/${text}`);
  assert.ok(overlayRefsConflict(ref, `${ref}/x`) && !overlayRefsConflict(ref, ref));
  return true;
}

function archiveId(text: string): boolean {
  try {
    const time = archiveTime(text);
    assert.ok(archiveIdPattern.test(text) && !Number.isNaN(time.getTime()));
    if (time.getTime() < Date.UTC(9000)) assert.ok(newArchiveId(new Date(0), text) > text, "the next archive is not behind it");
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function unit(text: string): boolean {
  const found = parseUnitName(text);
  if (found === undefined || found.name === "") return false;
  assert.equal(unitName(found.kind as "server", found.name), text);
  assert.equal(parseInstanceName(found.name), found.name);
  return true;
}

function unitPathOf(text: string): void {
  assert.equal(typeof unitOfPath(text), text.startsWith("/org/freedesktop/systemd1/unit/") ? "string" : "undefined");
  assert.equal(unitOfPath(unitPath(text)), text);
}

function entry(text: string): boolean {
  for (const isDirectory of [true, false]) {
    const path = refusedOr(["UPLOAD_REFUSED"], () => entryPath(text, isDirectory));
    if (path === undefined) continue;
    assert.equal(resolve(base, path), path === "" ? base : `${base}/${path}`);
    assert.ok(path !== "" || isDirectory);
  }
  return refusedOr(["UPLOAD_REFUSED"], () => entryPath(text, false)) !== undefined;
}

function link(name: string, target: string): boolean {
  const path = refusedOr(["UPLOAD_REFUSED"], () => entryPath(name, false));
  if (path === undefined) return false;
  const taken = refusedOr(["UPLOAD_REFUSED"], () => {
    checkLinkTarget(path, target);
    return true;
  });
  if (taken === undefined) return false;
  const real = resolve(dirname(join(base, path)), target);
  assert.ok(real === base || real.startsWith(`${base}/`), `${path} -> ${target} leaves the tree`);
  return true;
}
