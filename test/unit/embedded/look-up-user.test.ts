import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lookUpUser } from "../../../src/drivers/embedded/look-up-user.ts";

const directory = mkdtempSync(join(tmpdir(), "left4me-passwd-"));
const passwd = join(directory, "passwd");
const path = process.env["PATH"];
writeFileSync(passwd, "root:x:0:0:root:/root:/bin/sh\nbroken:x\nleft4me-game:x:970:971::/nonexistent:/sbin/nologin\n");

after(() => {
  process.env["PATH"] = path;
  rmSync(directory, { recursive: true });
});

test("users are known as getent knows them, whatever passwd says", async () => {
  assert.deepEqual(await lookUpUser("root", passwd), { uid: 0, gid: 0 });
  assert.equal(await lookUpUser("left4me-nobody-has-this-name", passwd), undefined);
});

test("where there is no getent, passwd is read", async () => {
  process.env["PATH"] = directory;
  assert.deepEqual(await lookUpUser("left4me-game", passwd), { uid: 970, gid: 971 });
  for (const unknown of ["left4me", "broken", ""]) assert.equal(await lookUpUser(unknown, passwd), undefined, unknown);
  assert.equal(await lookUpUser("left4me-game", join(directory, "none")), undefined);
});
