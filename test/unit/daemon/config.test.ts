import assert from "node:assert/strict";
import { test } from "node:test";
import { type Config, parseCommand } from "../../../src/daemon/config.ts";
import { type DaemonOption, daemonOptions, flagOf } from "../../../src/daemon/daemon-options.ts";
import { daemonExamples, helpText } from "../../../src/daemon/help-text.ts";
import { refuseOpenTcp } from "../../../src/daemon/open-tcp.ts";
import { StartupError } from "../../../src/daemon/startup-error.ts";
import { refuseUnusedOptions } from "../../../src/daemon/unused-options.ts";

function config(args: string[], env: Record<string, string> = {}): Config {
  const command = parseCommand(args, env);
  assert.ok("run" in command);
  return command.run;
}

function refusal(args: string[], env: Record<string, string> = {}): string {
  try {
    parseCommand(args, env);
  } catch (error) {
    assert.ok(error instanceof StartupError);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  assert.fail(`${args} was accepted`);
}

test("without options there is a unix socket in the root, and nothing else", () => {
  assert.deepEqual(config([]), {
    root: "/var/lib/left4me",
    listen: [{ kind: "unix", path: "/var/lib/left4me/hostd.sock" }],
    insecureTcp: false,
    driver: "auto",
    transport: "auto",
    gameUid: undefined,
    gameGid: undefined,
    keepBuilds: 3,
    keepArchives: 5,
    logFormat: "text",
    logLevel: "info",
  });
  assert.deepEqual(config([], { LEFT4ME_ROOT: "/srv/l4m" }).listen, [{ kind: "unix", path: "/srv/l4m/hostd.sock" }]);
});

test("how many archives are kept is a number from 1 to 1000", () => {
  assert.equal(config(["--keep-archives", "7"], { LEFT4ME_KEEP_ARCHIVES: "8" }).keepArchives, 7);
  assert.equal(config([], { LEFT4ME_KEEP_ARCHIVES: "8" }).keepArchives, 8);
  for (const text of ["0", "1001", "x", "1.5"]) assert.match(refusal(["--keep-archives", text]), /^--keep-archives: /, text);
});

test("options win over the environment; an empty variable is none", () => {
  assert.equal(config(["--root", "/a"], { LEFT4ME_ROOT: "/b" }).root, "/a");
  assert.equal(config([], { LEFT4ME_ROOT: "" }).root, "/var/lib/left4me");
  assert.equal(config(["--driver", "embedded", "--game-uid", "1000"]).gameUid, 1000);
});

test("addresses are repeatable; a unix socket is always among them", () => {
  const { listen } = config(["--listen", "http://127.0.0.1:9000", "--listen", "http://[::1]:0", "--listen", "http://localhost:1"]);
  assert.deepEqual(
    listen.map((address) => (address.kind === "tcp" ? `${address.host} ${address.port}` : address.kind)),
    ["unix", "127.0.0.1 9000", "::1 0", "127.0.0.1 1"],
  );
  assert.deepEqual(config(["--listen", "unix:/run/x.sock"]).listen, [{ kind: "unix", path: "/run/x.sock" }]);
});

test("what cannot be used is refused with the reason", () => {
  assert.match(refusal(["--listen", "http://192.168.0.1:1"]), /only loopback.*no authentication.*ssh -L/);
  assert.match(refusal(["--listen", "http://example.org:1"]), /only loopback/);
  assert.match(refusal(["--listen", "https://127.0.0.1:1"]), /use unix:\/path\/to\/socket or http/);
  assert.match(refusal(["--listen", "unix:relative.sock"]), /absolute/);
  assert.match(refusal(["--listen", `unix:/${"ü".repeat(60)}`]), /121 bytes.*at most 107/);
  assert.match(refusal([], { LEFT4ME_ROOT: `/${"x".repeat(100)}` }), /112 bytes.*--listen/);
  assert.match(refusal(["--game-uid", "0"]), /--game-uid: games never run as root/);
  assert.match(refusal(["--driver", "docker", "--log-level", "loud"]), /--driver.*\n--log-level/);
  assert.match(refusal(["--nonsense"]), /--nonsense/);
  assert.match(refusal(["stray"]), /stray/);
});

test("TCP is refused with the systemd driver, unless it is said that it is meant", () => {
  const tcp = ["--listen", "http://127.0.0.1:8080"];
  assert.match(refusal(["--driver", "systemd", ...tcp]), /--listen http:\/\/127\.0\.0\.1:8080.*no authentication.*--insecure-tcp/);
  assert.equal(config(["--driver", "systemd", "--insecure-tcp", ...tcp]).insecureTcp, true);
  assert.equal(config(["--driver", "embedded", ...tcp]).insecureTcp, false);
  const auto = config(tcp);
  assert.throws(() => refuseOpenTcp(auto, "systemd"), { exitCode: 2 });
  refuseOpenTcp(auto, "embedded");
});

test("options that the driver would ignore are refused, and so are variables", () => {
  assert.match(refusal(["--driver", "systemd", "--game-uid", "7"]), /--game-uid \(LEFT4ME_GAME_UID\) cannot be used with --driver systemd/);
  assert.match(refusal([], { LEFT4ME_DRIVER: "systemd", LEFT4ME_GAME_UID: "7", LEFT4ME_GAME_GID: "7" }), /--game-uid.*\n--game-gid/);
  assert.match(
    refusal(["--driver", "embedded", "--transport", "sudo"]),
    /--transport \(LEFT4ME_TRANSPORT\) cannot be used with --driver embedded/,
  );
  assert.match(refusal(["--driver", "embedded"], { LEFT4ME_TRANSPORT: "dbus" }), /--transport.*--driver embedded/);
  assert.equal(config(["--driver", "embedded", "--transport", "auto"]).transport, "auto");
  assert.equal(config(["--driver", "systemd"], { LEFT4ME_TRANSPORT: "sudo", LEFT4ME_GAME_UID: "" }).transport, "sudo");
});

test("what auto comes to decides as well", () => {
  const auto = config(["--game-uid", "7", "--transport", "dbus"]);
  assert.throws(() => refuseUnusedOptions(auto, "systemd"), { exitCode: 2, message: /^--game-uid.*--driver auto, which is systemd here/ });
  assert.throws(() => refuseUnusedOptions(auto, "embedded"), {
    exitCode: 2,
    message: /^--transport.*--driver auto, which is embedded here/,
  });
});

test("help and version need nothing else to be right", () => {
  assert.deepEqual(parseCommand(["-h", "--driver", "docker"], {}), { print: "help" });
  assert.deepEqual(parseCommand(["--version"], { LEFT4ME_DRIVER: "x" }), { print: "version" });
});

test("--help tells every option, its variable and its default, in 100 columns", () => {
  const text = helpText();
  for (const line of text.split("\n")) assert.ok(line.length <= 100, line);
  const words = text.replaceAll(/\s+/g, " ");
  for (const [key, option] of Object.entries<DaemonOption>(daemonOptions)) {
    assert.ok(option.help.length > 5, `${key} has no text`);
    for (const part of [flagOf(key), option.help, option.variable, option.default && `default ${option.default})`])
      assert.ok(words.includes(part ?? ""), `${key}: ${part}`);
  }
});

test("every option with a value is read, and its variable where it has one", () => {
  for (const [key, { value, variable }] of Object.entries<DaemonOption>(daemonOptions)) {
    if (value === undefined) continue;
    assert.match(refusal([flagOf(key)]), new RegExp(`${flagOf(key)} <value>' argument missing`));
    // No option can be used with this text but --root, which takes any.
    if (key === "root") continue;
    assert.match(refusal([flagOf(key), "-1"].join("=").split(" ")), new RegExp(`^${flagOf(key)}: `));
    if (variable !== undefined) assert.match(refusal([], { [variable]: "-1" }), new RegExp(`^${flagOf(key)}: `));
  }
});

test("the examples of --help are accepted", () => {
  for (const example of daemonExamples) {
    const [program, ...args] = example.split(" ");
    assert.equal(program, "left4me-hostd");
    assert.ok("run" in parseCommand(args, {}), example);
  }
});
