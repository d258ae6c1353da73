import { toBinary } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { waitFors } from "../convert/contract-enums.ts";
import { durationFromProto } from "../convert/duration.ts";
import { instanceToProto } from "../convert/instance.ts";
import { instanceSpecFromProto } from "../convert/instance-spec.ts";
import { present } from "../convert/present.ts";
import { warningToProto } from "../convert/warning.ts";
import { invalidRequest } from "../domain/failures.ts";
import { invalidSpec } from "../domain/instance-spec.ts";
import { InstanceSpecSchema } from "../gen/left4me/host/v1/instance_pb.ts";
import type * as messages from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { HostApi, InitializeRequest, StartRequest, WatchRequest } from "../host/api.ts";
import { callerOf } from "./caller.ts";
import { countedStream } from "./counted-stream.ts";
import { explanationMessage } from "./explanation.ts";
import { instanceFilterOf } from "./instance-filter.ts";
import { listArchives } from "./list-archives.ts";
import { listInstances } from "./list-instances.ts";
import type { StreamSlots } from "./stream-slots.ts";
import { understood } from "./understood.ts";
import { watchMessage } from "./watch-event.ts";

const maximumSpecBytes = 256 * 1024;

/** The handlers of InstanceService. They translate; what is true is the host's business. */
export function instanceService(host: HostApi, slots: StreamSlots): ServiceImpl<typeof messages.InstanceService> {
  return {
    async initializeInstance(request, context) {
      const { instance, warnings, created, changed, explanation } = await host.initialize(initializeRequest(request), callerOf(context));
      return {
        instance: instanceToProto(instance),
        warnings: warnings.map(warningToProto),
        created,
        changed,
        ...present({ explanation: explanation && explanationMessage(explanation) }),
      };
    },
    getInstance: ({ name }) => ({ instance: instanceToProto(host.get(name)) }),
    listInstances: (request) => listInstances(host, request),
    watchInstances: (request, { signal }) => countedStream(slots, signal, () => host.watch(watchRequest(request), signal), watchMessage),
    async startInstance(request, context) {
      const { instance, changed, warnings } = await host.start(startRequest(request), callerOf(context));
      return { instance: instanceToProto(instance), changed, warnings: warnings.map(warningToProto) };
    },
    async stopInstance({ name, etag }, context) {
      const { instance, changed } = await host.stop({ name, etag }, callerOf(context));
      return { instance: instanceToProto(instance), changed };
    },
    async restartInstance(request, context) {
      const { instance, warnings } = await host.restart(startRequest(request), callerOf(context));
      return { instance: instanceToProto(instance), warnings: warnings.map(warningToProto) };
    },
    async resetInstance({ name, etag, archive }, context) {
      const { instance, changed, archiveId } = await host.reset({ name, etag, archive }, callerOf(context));
      return { instance: instanceToProto(instance), changed, archiveId };
    },
    deleteInstance: ({ name, etag }, context) => host.delete({ name, etag }, callerOf(context)),
    explainInstance: async ({ name }, { signal }) => ({ explanation: explanationMessage(await host.explain(name, signal)) }),
    listArchives: (request) => listArchives(host, request),
    async restoreArchive({ name, archiveId, etag }, context) {
      const { instance } = await host.restoreArchive({ name, archiveId, etag }, callerOf(context));
      return { instance: instanceToProto(instance) };
    },
    deleteArchive: ({ name, archiveId, etag }, context) => host.deleteArchive({ name, archiveId, etag }, callerOf(context)),
  };
}

function initializeRequest(request: messages.InitializeInstanceRequest): InitializeRequest {
  const { name, spec, labels, etag, validateOnly, createOnly } = request;
  if (spec === undefined) throw invalidSpec([{ field: "spec", description: "is required" }]);
  // The contract's limit is one of the wire: a specification must fit into every answer that shows it.
  const bytes = toBinary(InstanceSpecSchema, spec).length;
  if (bytes > maximumSpecBytes)
    throw invalidSpec([{ field: "spec", description: `has ${bytes} bytes in its binary encoding; at most ${maximumSpecBytes}` }]);
  return { name, spec: instanceSpecFromProto(spec), labels, etag, validateOnly, createOnly };
}

function startRequest(request: messages.StartInstanceRequest | messages.RestartInstanceRequest): StartRequest {
  const waitFor = understood("wait_for", () => waitFors.fromProto(request.waitFor)) ?? "READY";
  return { name: request.name, etag: request.etag, waitFor };
}

function watchRequest(request: messages.WatchInstancesRequest): WatchRequest {
  const usageIntervalSeconds = durationFromProto(request.usageInterval);
  if (usageIntervalSeconds !== undefined && !(usageIntervalSeconds >= 1)) throw invalidRequest("usage_interval", "is below one second");
  return { afterCursor: request.afterCursor, filter: instanceFilterOf(request.filter), ...present({ usageIntervalSeconds }) };
}
