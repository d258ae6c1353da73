#!/usr/bin/env node
import { hostFor } from "./host-for.ts";
import { runCommand } from "./run-command.ts";
import { keepHeapSmall } from "./small-heap.ts";

keepHeapSmall();
await runCommand(process.argv.slice(2), process.env, hostFor);
