/**
 * `collect-garbage.ts PID`: lets a process of Node.js on this machine collect its garbage, by its own inspector, and prints
 * what is left on its heap as JSON. What a process has thrown away comes and goes by tens of megabytes; what it cannot
 * throw away stays.
 *
 * The inspector is asked for with SIGUSR1 and listens at 127.0.0.1:9229 from then on.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** What a process of Node.js still holds, in MB (10^6 bytes). */
export type Heap = { readonly heapMb: number; readonly externalMb: number };

const inspector = "http://127.0.0.1:9229/json/list";

process.stdout.write(`${JSON.stringify(await collectGarbage(Number(process.argv[2])))}\n`);

/** @throws Error when the process has no inspector, or another process has its port */
async function collectGarbage(pid: number): Promise<Heap> {
  process.kill(pid, "SIGUSR1");
  const socket = new WebSocket(await inspectorUrl());
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the inspector refused the connection"));
  });
  try {
    await ask(socket, 1, "HeapProfiler.collectGarbage", {});
    await ask(socket, 2, "HeapProfiler.collectGarbage", {}); // what finalizers have let go of
    const expression = "JSON.stringify({ pid: process.pid, ...process.memoryUsage() })";
    const { result } = (await ask(socket, 3, "Runtime.evaluate", { expression })) as { result: { value: string } };
    const found = JSON.parse(result.value) as { pid: number; heapUsed: number; external: number };
    if (found.pid !== pid) throw new Error(`the inspector at ${inspector} is that of process ${found.pid}, not of ${pid}`);
    return { heapMb: found.heapUsed / 1e6, externalMb: found.external / 1e6 };
  } finally {
    socket.close();
  }
}

async function inspectorUrl(): Promise<string> {
  for (const limit = Date.now() + 60_000; ; await sleep(100)) {
    try {
      const [target] = (await (await fetch(inspector)).json()) as { webSocketDebuggerUrl: string }[];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (Date.now() > limit) throw error;
    }
  }
}

/** One request of the inspector's protocol. Source: https://chromedevtools.github.io/devtools-protocol/v8/ */
function ask(socket: WebSocket, id: number, method: string, params: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (answer.id === id) resolve(answer.result);
    };
    socket.onclose = () => reject(new Error("the inspector closed the connection"));
    socket.send(JSON.stringify({ id, method, params }));
  });
}
