import type { MessageInitShape } from "@bufbuild/protobuf";
import { enumTable } from "../convert/enum-table.ts";
import { timestampToProto } from "../convert/timestamp.ts";
import { toUint64 } from "../convert/uint64.ts";
import { type HostSchema, ResourceLimit } from "../gen/left4me/host/v1/host_service_pb.ts";
import type { HostDescription } from "../host/api.ts";
import type { ResourceLimit as Limit } from "../host/driver.ts";

const resourceLimits = enumTable<Limit>()("ResourceLimit", ResourceLimit);

/** A host as the contract shows it. */
export function hostMessage(host: HostDescription): MessageInitShape<typeof HostSchema> {
  const { id, hostname, version, driver, root, disk, load, startTime } = host;
  return {
    id,
    hostname,
    version,
    driver: driver.name,
    transport: driver.transport,
    capabilities: {
      isolation: driver.isolation,
      restartsWithoutDaemon: driver.restartsWithoutDaemon,
      startsAtBoot: driver.startsAtBoot,
      enforcedLimits: driver.enforcedLimits.map((limit) => resourceLimits.toProto(limit)),
      preserve: driver.preserve,
      archives: driver.archives,
      volatile: driver.volatile,
      installGame: host.installsGame,
      diagnose: host.diagnoses,
    },
    root,
    disk: { totalBytes: toUint64(disk.totalBytes), freeBytes: toUint64(disk.freeBytes) },
    load: {
      ...load,
      loadAverages: [...load.loadAverages],
      memoryTotalBytes: toUint64(load.memoryTotalBytes),
      memoryAvailableBytes: toUint64(load.memoryAvailableBytes),
    },
    startTime: timestampToProto(startTime),
  };
}
