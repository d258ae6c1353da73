import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { buildToProto } from "../convert/build.ts";
import { installJobToProto, installLineToProto } from "../convert/install-job.ts";
import { present } from "../convert/present.ts";
import type { Build } from "../domain/build.ts";
import { invalidRequest } from "../domain/failures.ts";
import type {
  InstallationService,
  InstallGameRequest,
  InstallGameResponseSchema,
  ListBuildsRequest,
  ListBuildsResponseSchema,
} from "../gen/left4me/host/v1/installation_service_pb.ts";
import type { HostApi, InstallEvent, InstallRequest } from "../host/api.ts";
import { callerOf } from "./caller.ts";
import { countedStream } from "./counted-stream.ts";
import { type Paging, pageOf, pagePosition } from "./paging.ts";
import type { StreamSlots } from "./stream-slots.ts";
import { uploadOf, uploadStream } from "./upload-stream.ts";

/** The handlers of InstallationService. */
export function installationService(host: HostApi, slots: StreamSlots): ServiceImpl<typeof InstallationService> {
  return {
    installGame: (request, context) =>
      countedStream(slots, context.signal, () => host.install(installRequest(request), callerOf(context)), installMessage),
    async cancelInstall({ jobId }) {
      const { job, changed } = await host.cancelInstall(jobId);
      return { ...present({ job: job && installJobToProto(job) }), changed };
    },
    getInstallation: () => {
      const build = host.activeBuild();
      const { job, lines } = host.installation();
      return {
        ...present({ activeBuild: build && buildToProto(build), job: job && installJobToProto(job) }),
        logLines: lines.map(installLineToProto),
      };
    },
    async importBuild(requests, { signal }) {
      const { header, chunks } = await uploadStream(requests, signal);
      const { build, changed } = await host.importBuild(uploadOf(header, chunks), header.activate, signal);
      return { build: buildToProto(build), changed };
    },
    listBuilds: (request) => listBuilds(host.builds(), request),
    async activateBuild({ buildId }) {
      const { build, changed } = await host.activateBuild(buildId);
      return { build: buildToProto(build), changed };
    },
    deleteBuild({ buildId }) {
      if (buildId === "") throw invalidRequest("build_id", "is required");
      return host.deleteBuild(buildId);
    },
  };
}

function installRequest({ validate, jobId, afterSequence, keepActiveBuild, bootstrapSteamcmd }: InstallGameRequest): InstallRequest {
  return { validate, jobId, afterSequence: Number(afterSequence), keepActiveBuild, bootstrap: bootstrapSteamcmd };
}

function installMessage(event: InstallEvent): MessageInitShape<typeof InstallGameResponseSchema> {
  if (event.type === "job") return { event: { case: "job", value: installJobToProto(event.job) } };
  return { event: { case: "line", value: installLineToProto(event.line) } };
}

const paging: Paging<Build> = {
  defaultSize: 100,
  largestSize: 1000,
  binding: "ListBuilds",
  keyOf: ({ publishTime, id }) => `${publishTime.getTime()}/${id}`,
  isBehind: ({ publishTime }, key) => publishTime.getTime() < Number.parseInt(key, 10),
};

function listBuilds(builds: readonly Build[], request: ListBuildsRequest): MessageInitShape<typeof ListBuildsResponseSchema> {
  const page = pageOf(builds, request, pagePosition(request, paging.binding), paging);
  return { builds: page.items.map(buildToProto), nextPageToken: page.nextPageToken };
}
