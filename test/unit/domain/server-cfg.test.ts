import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contradictionOf, gameArgv } from "../../../src/domain/game-argv.ts";
import { serverCfg } from "../../../src/domain/server-cfg.ts";

describe("serverCfg", () => {
  it("is empty without aliases and lines", () => assert.equal(serverCfg({ config: [] }, []), ""));

  it("executes exposed overlays lowest first, then the instance's own lines", () => {
    assert.equal(serverCfg({ config: ["sv_cheats 0"] }, ["top", "bottom"]), "exec server_bottom.cfg\nexec server_top.cfg\nsv_cheats 0\n");
  });
});

describe("gameArgv", () => {
  it("binds strictly, never restarts by itself, and splits nothing", () => {
    const argv = gameArgv({ port: 27020, arguments: ["+map", "c1m1_hotel", "a b"] });
    assert.deepEqual(argv, [
      "./srcds_run",
      "-game",
      "left4dead2",
      "-strictportbind",
      "-norestart",
      "+hostport",
      "27020",
      "+map",
      "c1m1_hotel",
      "a b",
    ]);
  });

  it("is contradicted by arguments that take its place, however they are written", () => {
    for (const argument of ["-port", "+hostport", "-IP", "+ip", "+ip 10.0.0.1", "+servercfgfile"])
      assert.notEqual(contradictionOf(argument), undefined, argument);
    for (const argument of ["", "-tickrate", "+map", "10.0.0.1"]) assert.equal(contradictionOf(argument), undefined, argument);
  });
});
