#!/usr/bin/env node
import { hostFor } from "./host-for.ts";
import { runCommand } from "./run-command.ts";

void runCommand(process.argv.slice(2), process.env, hostFor);
