import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { buildToProto } from "../convert/build.ts";
import { present } from "../convert/present.ts";
import type { Build } from "../domain/build.ts";
import { notImplemented } from "../domain/failures.ts";
import type { InstallationService, ListBuildsRequest, ListBuildsResponseSchema } from "../gen/left4me/host/v1/installation_service_pb.ts";
import type { HostApi } from "../host/api.ts";
import { type Paging, pageOf, pagePosition } from "./paging.ts";
import { uploadOf, uploadStream } from "./upload-stream.ts";

/** What stands in for the jobs: installing the game elsewhere and uploading it. */
const steamCmdJobs = "installing the game through SteamCMD (upload an installation with ImportBuild instead)";

/** The handlers of InstallationService. */
export function installationService(host: HostApi): ServiceImpl<typeof InstallationService> {
  return {
    installGame: () => {
      throw notImplemented("install_game", steamCmdJobs);
    },
    cancelInstall: () => {
      throw notImplemented("install_game", steamCmdJobs);
    },
    getInstallation: () => {
      const build = host.activeBuild();
      return present({ activeBuild: build && buildToProto(build) });
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
  };
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
