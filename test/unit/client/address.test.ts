import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressError, createHostClient, parseAddress } from "../../../src/client/index.ts";

test("addresses of the three forms", () => {
  assert.deepEqual(parseAddress("unix:/run/left4me/operator.sock"), {
    kind: "unix",
    path: "/run/left4me/operator.sock",
    baseUrl: "http://localhost",
  });
  assert.deepEqual(parseAddress("unix:///run/a.sock"), { kind: "unix", path: "/run/a.sock", baseUrl: "http://localhost" });
  assert.deepEqual(parseAddress("http://10.0.0.1:7000/"), { kind: "tcp", baseUrl: "http://10.0.0.1:7000" });
  assert.deepEqual(parseAddress("https://host.example"), { kind: "tcp", baseUrl: "https://host.example" });
});

test("anything else is a typed error that says what was given and what forms exist", () => {
  const wrong = [
    "",
    "localhost:7000",
    "unix:relative.sock",
    "ftp://host",
    "http://user:secret@host",
    "http://host/?a",
    `unix:/${"x".repeat(110)}`,
  ];
  for (const address of wrong) {
    assert.throws(
      () => createHostClient({ address }),
      (error) =>
        error instanceof AddressError && error.address === address && /unix:\/path.*http:\/\/host:port.*https:/.test(error.message),
      address,
    );
  }
});
