import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createFakeHost } from "../../src/testing/index.ts";
import { demoRoot } from "./daemon-process.ts";
import { printWelcome } from "./welcome.ts";

/** Serves the fake host until Ctrl-C. It says of itself that it is one: `l4d2ctl host` shows the driver `fake`. */
export async function serveFakeHost({ asked }: { asked: boolean }): Promise<void> {
  if (!asked) process.stdout.write("Games need Linux: this is the fake host, which has the real contract but no processes.\n");
  const root = join(demoRoot(), "fake");
  await mkdir(root, { recursive: true });
  const host = await createFakeHost({ root, listen: join(demoRoot(), "hostd.sock") });
  printWelcome(host.address, true, undefined);
  await new Promise<void>((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  await host.close();
}
