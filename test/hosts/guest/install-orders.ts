/**
 * install-orders.ts TRANSPORT start LAYER... | ended | cancel | hand-over TARGET | discard
 *
 * One order to the driver's installer, by a daemon of its own: every run is one that has started anew. Prints JSON: what it came to,
 * or the error's reason, message and metadata; and how long the order took, in milliseconds.
 */
import { HostError } from "../../../src/domain/host-error.ts";
import { chooseTransport, type Transport } from "../../../src/drivers/systemd/choose-transport.ts";
import { SystemdInstaller } from "../../../src/drivers/systemd/systemd-installer.ts";
import { UnitWatch } from "../../../src/drivers/systemd/units/unit-watch.ts";

const [transport, verb, ...args] = process.argv.slice(2);
const root = "/var/lib/left4me";
const log = (message: string) => console.error(message);
const watch = new UnitWatch((name) => name === "" && installer.refresh(), log);
await watch.connect();
const { orders } = await chooseTransport(transport as Transport, watch);
const installer = new SystemdInstaller(() => ({ root, watch, orders, log }));
await watch.open();
installer.open();

const begun = performance.now();
const outcome = await obey().then(
  (value) => ({ value: value ?? {} }),
  (error: unknown) => {
    if (!(error instanceof HostError)) throw error;
    const { reason, message, metadata } = error;
    return { error: { reason, message, metadata } };
  },
);
console.log(JSON.stringify({ ...outcome, ms: Math.round(performance.now() - begun) }));
watch.close();

async function obey() {
  switch (verb) {
    case "start":
      return installer.start({ job: "0123456789abcdef", validate: true, bootstrap: false }, args);
    case "ended":
      return installer.ended(AbortSignal.timeout(60_000));
    case "cancel":
      return installer.cancel();
    case "hand-over":
      return installer.handOver(args[0] ?? "");
    case "discard":
      return installer.discard();
    default:
      throw new Error(`unknown order: ${verb}`);
  }
}
