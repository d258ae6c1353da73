import { create } from "@bufbuild/protobuf";
import type { InstanceSpec, InstanceSpecInput } from "../domain/instance-spec.ts";
import {
  InstanceSpecSchema,
  type Resources as ProtoResources,
  type InstanceSpec as ProtoSpec,
  ResourcesSchema,
} from "../gen/left4me/host/v1/instance_pb.ts";
import { present, textOrUndefined } from "./present.ts";
import { fromOptionalUint64, toOptionalUint64 } from "./uint64.ts";

type Resources = InstanceSpec["resources"];

/** A specification as the contract shows it. */
export function instanceSpecToProto(spec: InstanceSpec): ProtoSpec {
  const { port, overlays, arguments: args, config, preserve, resources, volatile, ...forgotten } = spec;
  forgotten satisfies Record<string, never>;
  return create(InstanceSpecSchema, {
    port,
    overlays: overlays.map(({ ref, alias }) => ({ ref, alias: alias ?? "" })),
    arguments: [...args],
    config: [...config],
    preserve: [...preserve],
    resources: resourcesToProto(resources),
    volatile,
  });
}

/** What a request asks for, unchecked: input for `parseInstanceSpec`. */
export function instanceSpecFromProto(spec: ProtoSpec): InstanceSpecInput & InstanceSpec {
  return {
    port: spec.port,
    overlays: spec.overlays.map(({ ref, alias }) => ({ ref, ...present({ alias: textOrUndefined(alias) }) })),
    arguments: spec.arguments,
    config: spec.config,
    preserve: spec.preserve,
    resources: spec.resources === undefined ? {} : resourcesFromProto(spec.resources),
    volatile: spec.volatile,
  } satisfies Record<keyof Omit<ProtoSpec, "$typeName" | "$unknown">, unknown>;
}

function resourcesToProto(resources: Resources): ProtoResources {
  const { memoryHighBytes, memoryMaxBytes, ...others } = resources;
  return create(ResourcesSchema, {
    ...present({ memoryHighBytes: toOptionalUint64(memoryHighBytes), memoryMaxBytes: toOptionalUint64(memoryMaxBytes) }),
    ...present(others),
  });
}

function resourcesFromProto(resources: ProtoResources): Resources {
  return present({
    memoryHighBytes: fromOptionalUint64(resources.memoryHighBytes),
    memoryMaxBytes: fromOptionalUint64(resources.memoryMaxBytes),
    tasksMax: resources.tasksMax,
    cpuQuotaPercent: resources.cpuQuotaPercent,
    nice: resources.nice,
  } satisfies Record<keyof Resources, unknown>);
}
