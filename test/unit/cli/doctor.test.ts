import assert from "node:assert/strict";
import { test } from "node:test";
import { lookFromOutside } from "../../../src/cli/commands/doctor.ts";
import type { Outsider } from "../../../src/cli/outside/outsider.ts";
import { Code, Severity } from "../../../src/client/index.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

const error = {
  check: "unit-masked",
  severity: Severity.ERROR,
  message: "left4me-reset@.service is masked",
  cure: "sudo systemctl unmask left4me-reset@.service",
};
const warned = { check: "memory", severity: Severity.WARNING, message: "0.5 GB are\x1b[2J available", cure: "stop instances" };
const well = { check: "clock", severity: Severity.OK, message: "the clock says noon" };

const never = () => new Promise<never>(() => undefined);

function hostThatFinds(findings: readonly object[]) {
  return startSocketHost({ host: { diagnose: () => ({ findings: [...findings] }) } });
}

test("findings with their cures; what is well is counted; exit code 1 for an error", async () => {
  await using host = await hostThatFinds([error, warned, well]);
  const { code, out, err } = await run(["doctor", "--address", host.address]);
  assert.deepEqual([code, err], [1, ""]);
  assert.deepEqual(out.split("\n"), [
    "ERROR    unit-masked: left4me-reset@.service is masked",
    "         cure: sudo systemctl unmask left4me-reset@.service",
    "WARNING  memory: 0.5 GB are\\x1b[2J available",
    "         cure: stop instances",
    "1 error, 1 warning, 1 in order (shown with --all)",
    "",
  ]);
  const all = await run(["doctor", "--all", "--address", host.address]);
  assert.match(all.out, /\nOK {7}clock: the clock says noon\n1 error, 1 warning, 1 in order\n$/);
  const painted = await run(["doctor", "--address", host.address], { isTty: true });
  assert.match(painted.out, /^\x1b\[31mERROR {2}\x1b\[0m {2}unit-masked/);
});

test("a warning is no failure; --json is an array of Finding", async () => {
  await using host = await hostThatFinds([warned, well]);
  const { code, out } = await run(["doctor", "--json", "--address", host.address]);
  assert.equal(code, 0);
  const findings = JSON.parse(out) as { check: string; severity: string; cure: string }[];
  assert.deepEqual(
    findings.map(({ check, severity, cure }) => [check, severity, cure]),
    [
      ["memory", "SEVERITY_WARNING", "stop instances"],
      ["clock", "SEVERITY_OK", ""],
    ],
  );
});

test("a host that offers no diagnosis, or is left alone by Ctrl-C, fails as other commands do", async () => {
  await using old = await startSocketHost({});
  assert.equal((await run(["doctor", "--address", old.address])).code, 10);
  await using slow = await startSocketHost({ host: { diagnose: never } });
  assert.equal((await run(["doctor", "--timeout", "1s", "--address", slow.address], { interruptAfterMs: 100 })).code, 130);
});

test("no host: what can be seen from outside, exit code 1", async () => {
  const text = await run(["doctor", "--address", "unix:/nonexistent/a.sock"]);
  assert.deepEqual([text.code, text.err], [1, ""]);
  assert.match(
    text.out,
    /^ERROR {4}daemon: no host answers \(unix:\/nonexistent\/a\.sock: no such socket\)\n {9}cure: sudo systemctl start left4me-hostd/,
  );
  const json = await run(["doctor", "--json", "--address", "http://127.0.0.1:1"]);
  const [finding] = JSON.parse(json.out) as { check: string; severity: string; cure: string }[];
  assert.deepEqual([finding?.check, finding?.severity], ["daemon", "SEVERITY_ERROR"]);
  assert.match(finding?.cure ?? "", /check address, port and firewall/);
  await using hung = await startSocketHost({ host: { diagnose: never, getHost: never } });
  const silent = await run(["doctor", "--timeout", "100ms", "--address", hung.address]);
  assert.match(silent.out, /: no answer\)\n.*restart left4me-hostd\.service \(games go on\)/);
  assert.equal((await run(["doctor", "--address", "nonsense"])).code, 2);
});

test("a diagnosis that does not end is no silent host", async () => {
  await using busy = await startSocketHost({ host: { diagnose: never, getHost: () => ({ host: { id: "h1" } }) } });
  const { code, out, err } = await run(["doctor", "--timeout", "100ms", "--address", busy.address]);
  assert.deepEqual([code, err], [1, ""]);
  assert.match(
    out,
    /^ERROR {4}diagnosis: the host answers, but the diagnosis did not end within 0\.1 s\n {9}cure: wait longer: .*--timeout 1s/,
  );
  assert.doesNotMatch(out, /no host answers|restart left4me-hostd/);
});

test("a diagnosis has 30 s, when nobody says otherwise", async () => {
  let left: number | undefined;
  await using host = await startSocketHost({
    host: {
      diagnose: (_, { timeoutMs }) => {
        left = timeoutMs();
        return { findings: [] };
      },
    },
  });
  assert.equal((await run(["doctor", "--address", host.address])).code, 0);
  assert.ok(left !== undefined && left > 20_000 && left <= 30_000, `${left} ms`);
});

test("a host that answers and cannot open: its reason is a finding, with the cure", async () => {
  const metadata = { driver: "systemd", problem: "polkit-denied", cure: "install polkitd" };
  const message = "the systemd driver cannot run games here: polkit says no. Cure: install polkitd";
  await using host = await startSocketHost({
    host: {
      diagnose: () => {
        throw failure(Code.FailedPrecondition, "DRIVER_UNAVAILABLE", message, { metadata });
      },
    },
  });
  const { code, out } = await run(["doctor", "--address", host.address]);
  assert.equal(code, 1);
  assert.match(
    out,
    /^ERROR {4}daemon: the host cannot open \(DRIVER_UNAVAILABLE\): the systemd driver cannot run games here: polkit says no\n {9}cure: install polkitd\n/,
  );
});

const operator = "unix:/run/left4me/operator.sock";
const outsider = (more: Partial<Outsider> = {}): Outsider => ({
  user: "alice",
  groups: [1000],
  groupFile: async () => "root:x:0:\nleft4me-operator:x:990:bob\n",
  groupOf: async () => 990,
  systemctl: async () => undefined,
  ...more,
});
const seen = async (problem: string, by: Outsider) =>
  (await lookFromOutside([{ address: operator, problem }], by)).map(({ check, cure }) => [check, cure]);

test("who may not open the socket learns which group may", async () => {
  const cures = async (more: Partial<Outsider>) => (await seen("EACCES", outsider(more)))[0]?.[1];
  assert.equal(await cures({}), "sudo usermod -aG left4me-operator alice; then log out and in again");
  assert.equal(await cures({ user: "bob" }), "log out and in again, or: newgrp left4me-operator");
  assert.equal(await cures({ groupOf: async () => 0 }), "sudo l4d2ctl --address unix:/run/left4me/operator.sock doctor");
  assert.match((await cures({ groupOf: async () => undefined })) ?? "", /^see whom it belongs to: sudo ls -l/);
});

test("what systemd says of the daemon", async () => {
  const shown = (id: string, load: string, active: string) =>
    `Id=${id}\nLoadState=${load}\nActiveState=${active}\nSubState=x\nResult=exit-code\n`;
  const look = async (load: string, active: string) => {
    const text = `${shown("left4me-hostd.service", load, active)}\n${shown("left4me-hostd.socket", "loaded", "active")}`;
    return (await lookFromOutside([{ address: operator, problem: "ECONNREFUSED" }], outsider({ systemctl: async () => text }))).map(
      ({ check, severity, cure }) => `${check} ${severity} ${cure}`,
    );
  };
  assert.match(
    (await look("loaded", "failed"))[1] ?? "",
    /^daemon-unit ERROR see why: journalctl -u left4me-hostd\.service -n 30; then: sudo systemctl reset-failed/,
  );
  assert.match((await look("loaded", "inactive"))[1] ?? "", /^daemon-unit ERROR sudo systemctl start left4me-hostd\.service$/);
  assert.match((await look("masked", "inactive"))[1] ?? "", /^daemon-unit ERROR sudo systemctl unmask/);
  assert.match((await look("not-found", "inactive"))[1] ?? "", /^daemon-unit WARNING install the package/);
  assert.match((await look("loaded", "activating"))[1] ?? "", /^daemon-unit WARNING see why: journalctl/);
  assert.equal((await look("loaded", "active")).filter((line) => line === "daemon-unit OK ").length, 2);
});
