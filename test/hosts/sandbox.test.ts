import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, sh } from "./host.ts";
import { inHost, makeInstance, prepareHost } from "./prepared-host.ts";
import { start, until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "sandbox";

describe("hostile overlay code", { skip: whyNoHosts() ?? false }, () => {
  before(async () => {
    await prepareHost(host);
    await makeInstance(host, "sibling", "secret-of-sibling");
    await start(host, "sibling");
    await makeInstance(host, "hostile", "probe");
    await sh(
      host,
      `install -m 664 -o left4me -g left4me-game ${inHost.guest}/sandbox-probe.sh /var/lib/left4me/layers/base/probe.sh
       install -d -m 750 -g left4me /etc/left4me; echo token >/etc/left4me/token; chmod 640 /etc/left4me/token`,
    );
    await start(host, "hostile");
  });
  after(() => down(host));

  it("gets nothing of the host, of the daemon or of a sibling, and has what a game needs", async () => {
    const log = "journalctl --namespace=left4me -u left4me-server@hostile -o cat --no-pager";
    await until(host, `${log} | grep -qx end`, 60);
    const lines = (await sh(host, log)).trim().split("\n");
    assert.deepEqual(
      lines.filter((line) => line.startsWith("GOT ")),
      [],
    );
  });

  it("is seen from the host under its own user, in its own namespaces", async () => {
    const text = await sh(
      host,
      `pid=$(systemctl show -P MainPID left4me-server@hostile); stat -c %U /proc/$pid
       for kind in pid mnt ipc user cgroup net; do [[ "$(readlink /proc/$pid/ns/$kind)" == "$(readlink /proc/1/ns/$kind)" ]] && echo "$kind shared" || echo "$kind own"; done`,
    );
    assert.equal(text, "left4me-game\npid own\nmnt own\nipc own\nuser own\ncgroup own\nnet shared\n");
  });

  it("shares no memory with a sibling or the host, and has 64 MiB of it", async () => {
    const text = await sh(
      host,
      `one=/proc/$(systemctl show -P MainPID left4me-server@hostile)/root/dev/shm
       other=/proc/$(systemctl show -P MainPID left4me-server@sibling)/root/dev/shm
       echo secret >/dev/shm/of-host; echo secret >$one/of-hostile
       ls $one $other; stat -c %a $one; stat -f -c '%S %b' $one
       ! [ -e /dev/shm/of-hostile ]; rm /dev/shm/of-host $one/of-hostile`,
    );
    const [blockBytes, blocks] = (text.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
    assert.equal((blockBytes ?? 0) * (blocks ?? 0), 64 * 2 ** 20);
    assert.doesNotMatch(text, /of-host$/m);
    assert.equal(text.match(/^of-hostile$/gm)?.length, 1, text);
    assert.match(text, /^1777$/m);
  });

  it("cannot choose the priority of its lines", async () => {
    await makeInstance(host, "levels", "<0>emergency");
    await start(host, "levels");
    const entry = "journalctl --namespace=left4me -u left4me-server@levels -o json --no-pager | grep emergency";
    await until(host, entry);
    assert.match(await sh(host, entry), /"PRIORITY":"6"/);
  });

  it("leaves the games' journal to left4me, and the host's to root", async () => {
    await sh(
      host,
      `runuser -u left4me -- journalctl --namespace=left4me -n 1 -q -o cat | grep -q .
       ! runuser -u left4me -- journalctl -n 1 -q -o cat 2>/dev/null | grep -q .
       ! runuser -u left4me-game -- journalctl --namespace=left4me -n 1 -q -o cat 2>/dev/null | grep -q .`,
    );
  });

  it("has the limits of a server", async () => {
    const text = await sh(
      host,
      "systemctl show -P MemoryHigh -P MemoryMax -P TasksMax -P LimitCORE -P LimitNOFILE -P Nice left4me-server@hostile",
    );
    assert.equal(text.replaceAll(/\n+/g, " ").trim(), "1610612736 2147483648 256 0 65536 -5");
  });
});
