#!/usr/bin/env node
import { hostFor } from "./host-for.ts";
import { runCommand } from "./run-command.ts";
import { fitHeapTo } from "./small-heap.ts";

fitHeapTo(0);
await runCommand(process.argv.slice(2), process.env, hostFor);
