import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { canonicalJson } from "../../domain/etag.ts";
import { etagMismatch, instanceExists, invalidRequest } from "../../domain/failures.ts";
import { parseInstanceName } from "../../domain/instance-name.ts";
import { type InstanceSpec, type Labels, parseInstanceSpec } from "../../domain/instance-spec.ts";
import type { Caller, InitializeRequest, InitializeResult } from "../api.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { planGeneration, warningsFor } from "../generations/plan-generation.ts";
import type { HostContext } from "../host-context.ts";
import { etagOf, type InstanceEntry, instanceOf, newEntry } from "../instances/instance-entry.ts";
import { type InstanceRecord, loadRecord, saveRecord } from "../instances/instance-record.ts";
import { explainPreview } from "../layers/explain-instance.ts";
import { orAborted } from "../or-aborted.ts";
import { replaceRecord } from "./change-instance.ts";

type Wish = { readonly name: string; readonly spec: InstanceSpec; readonly labels: Labels };

/** Creates an instance or replaces its specification. See InstanceService.InitializeInstance. */
export async function initializeInstance(context: HostContext, request: InitializeRequest, caller: Caller): Promise<InitializeResult> {
  const name = parseInstanceName(request.name);
  if (request.createOnly && request.etag !== "") throw invalidRequest("create_only", "cannot be combined with etag");
  const wish = { name, ...parseInstanceSpec(request.spec, request.labels) };
  if (request.validateOnly) return validate(context, request, wish, caller.signal);
  const overlays = wish.spec.overlays.map(({ ref }) => ref);
  const work = () => context.registry.whileGiven(name, overlays, () => replace(context, request, wish));
  const outcome = context.operations.run(name, { verb: "INITIALIZE", caller: caller.identity, work });
  const done = await orAborted(outcome, caller.signal);
  return { ...done, instance: context.registry.find(name) === undefined ? done.instance : context.registry.view(name) };
}

function checkConditions(request: InitializeRequest, record: InstanceRecord | undefined): void {
  if (request.createOnly && record !== undefined) throw instanceExists(record.name, record.uid);
  const found = record === undefined ? "" : etagOf(record);
  if (request.etag !== "" && request.etag !== found) throw etagMismatch(request.name, request.etag, found);
}

async function validate(context: HostContext, request: InitializeRequest, wish: Wish, signal: AbortSignal): Promise<InitializeResult> {
  const entry = context.registry.find(wish.name);
  checkConditions(request, entry?.record);
  const input = await planGeneration(context, wish.spec);
  const preview = await context.generations.preview(wish.name, input);
  const explanation = await explainPreview(context, { name: wish.name, input, preview }, signal);
  const { warnings } = explanation;
  const record = recordOf(wish, entry?.record, preview.number);
  const instance = instanceOf({ ...(entry ?? newEntry(record, new Date())), record }, context.builds.active()?.id ?? "");
  const changed = entry === undefined || isChanged(entry.record, wish);
  return { instance, warnings, created: entry === undefined, changed, explanation };
}

async function replace(context: HostContext, request: InitializeRequest, wish: Wish): Promise<InitializeResult> {
  const entry = context.registry.find(wish.name);
  checkConditions(request, entry?.record);
  if (entry === undefined) await loadRecord(context.layout, wish.name); // one that cannot be read is not there, but not ours to replace
  const input = await planGeneration(context, wish.spec);
  const warnings = warningsFor(context, wish.name, wish.spec);
  if (entry === undefined) await makeDirectory(context.layout.instance(wish.name), 0o750);
  const changed = entry === undefined || isChanged(entry.record, wish);
  const { record, generation } = await wholeOrNothing(context, wish.name, entry, async () => {
    const published = await context.generations.publish(wish.name, input);
    const made = recordOf(wish, entry?.record, published.number);
    if (entry === undefined) await saveRecord(context.layout, made);
    else if (changed || made.generation !== entry.record.generation) await replaceRecord(context, entry, made);
    return { record: made, generation: published };
  });
  return { instance: take(context, entry, record), warnings: [...warnings, ...generation.warnings], created: entry === undefined, changed };
}

/** An instance that cannot be made leaves no directory behind, one that cannot be changed no generation. */
async function wholeOrNothing<T>(context: HostContext, name: string, entry: InstanceEntry | undefined, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (entry === undefined) await rm(context.layout.instance(name), { recursive: true, force: true }).catch(() => {});
    else
      await context.generations
        .withdraw(name, Math.max(entry.record.generation, entry.runtime.generation, entry.mounted?.number ?? 0))
        .catch(() => {});
    throw error;
  }
}

function take(context: HostContext, entry: InstanceEntry | undefined, record: InstanceRecord) {
  if (entry === undefined) {
    context.registry.add(record);
    return context.registry.view(record.name);
  }
  return context.registry.touch(entry);
}

function recordOf(wish: Wish, old: InstanceRecord | undefined, generation: number): InstanceRecord {
  const now = new Date().toISOString();
  if (old !== undefined)
    return { ...old, spec: wish.spec, labels: wish.labels, generation, updateTime: isChanged(old, wish) ? now : old.updateTime };
  return {
    schema: 1,
    uid: randomUUID(),
    name: wish.name,
    spec: wish.spec,
    labels: wish.labels,
    desiredState: "STOPPED",
    generation,
    createTime: now,
    updateTime: now,
  };
}

function isChanged(record: InstanceRecord, wish: Wish): boolean {
  const { spec, labels } = wish;
  return canonicalJson({ spec: record.spec, labels: record.labels }) !== canonicalJson({ spec, labels });
}
