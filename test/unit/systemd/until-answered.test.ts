import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { untilAnswered } from "../../../src/drivers/systemd/bus/until-answered.ts";
import { dbusOrders, isDenied } from "../../../src/drivers/systemd/units/dbus-orders.ts";
import { UnitWatch } from "../../../src/drivers/systemd/units/unit-watch.ts";
import { FakePid1 } from "./fake-pid1.ts";

/** What PID 1 says, word for word, when polkit is restarted before it has decided; and what it says of one that is hung. */
const unanswered = busError("org.freedesktop.DBus.Error.NoReply", "Message recipient disconnected from message bus without replying");
const hung = busError("org.freedesktop.DBus.Error.NoReply", "Method call timed out");

function busError(dbusName: string, message: string): Error {
  return Object.assign(new Error(message), { dbusName });
}

/** Orders to a PID 1 that answers `member` with these errors, one after the other, and then does it. */
async function ordersTo(context: TestContext, member: string, errors: Error[]) {
  const pid1 = new FakePid1();
  const watch = new UnitWatch(
    () => {},
    () => {},
    pid1.connect,
  );
  context.after(() => watch.close());
  await watch.connect();
  pid1.before = (call) => {
    const error = call.member === member ? errors.shift() : undefined;
    if (error !== undefined) throw error;
  };
  return { orders: dbusOrders(watch), calls: () => pid1.calls.filter((call) => call === member).length };
}

test("an order for which polkit was asked while it was restarted is given again", async (context) => {
  const { orders, calls } = await ordersTo(context, "StopUnit", [unanswered, unanswered, unanswered]);
  await orders.installation.cancel();
  assert.equal(calls(), 4);
});

test("what polkit had time to answer is not asked again", async (context) => {
  for (const error of [hung, busError("org.freedesktop.DBus.Error.AccessDenied", "Access denied")]) {
    const { orders, calls } = await ordersTo(context, "StopUnit", [error]);
    await assert.rejects(orders.installation.cancel(), { reason: "DRIVER_UNAVAILABLE" });
    assert.equal(calls(), 1);
  }
});

test("what is not answered for too long is told as it is, which means that there is no polkit", async () => {
  await assert.rejects(
    untilAnswered(() => Promise.reject(unanswered), 150),
    unanswered,
  );
  assert.ok(isDenied(unanswered));
});
