/**
 * The client of a left4me host: typed calls, failures that programs can read, and streams that survive lost connections.
 *
 * Every message and service of the contract is in `left4me-host/proto`; here are those that callers meet.
 */

export { Code, ConnectError } from "@connectrpc/connect";
// Values of the contract: enumerations, and the schemas for `create`, `toJson` and `fromJson`.
export { type Archive, ArchiveSchema } from "../gen/left4me/host/v1/archive_pb.ts";
export { type Build, BuildSchema } from "../gen/left4me/host/v1/build_pb.ts";
export { ErrorReason } from "../gen/left4me/host/v1/error_reason_pb.ts";
export {
  type ConfigFile,
  type Explanation,
  ExplanationSchema,
  type FileOrigin,
  type Layer,
  LayerKind,
  type WrittenFile,
  type WrittenFiles,
} from "../gen/left4me/host/v1/explanation_pb.ts";
export {
  type Capabilities,
  type DeleteOverlayResponse,
  DeleteOverlayResponseSchema,
  type Disk,
  type Finding,
  FindingSchema,
  type GetHostResponse,
  type Host,
  HostSchema,
  HostService,
  type ImportOverlayResponse,
  ImportOverlayResponseSchema,
  type ListOverlaysResponse,
  type Load,
  ResourceLimit,
  Severity,
} from "../gen/left4me/host/v1/host_service_pb.ts";
export {
  type InstallFailure,
  type InstallJob,
  InstallJobSchema,
  type InstallLine,
  InstallPhase,
} from "../gen/left4me/host/v1/install_job_pb.ts";
export {
  type ActivateBuildResponse,
  ActivateBuildResponseSchema,
  type CancelInstallResponse,
  CancelInstallResponseSchema,
  type DeleteBuildResponse,
  DeleteBuildResponseSchema,
  type GetInstallationResponse,
  GetInstallationResponseSchema,
  type ImportBuildResponse,
  ImportBuildResponseSchema,
  InstallationService,
  type InstallGameResponse,
  InstallGameResponseSchema,
  type ListBuildsResponse,
} from "../gen/left4me/host/v1/installation_service_pb.ts";
export {
  DesiredState,
  Drift,
  type ExitReport,
  ExitReportSchema,
  type Instance,
  InstanceSchema,
  type InstanceSpec,
  InstanceSpecSchema,
  InstanceState,
  type InstanceStatus,
  type Operation,
  type OverlayReference,
  Readiness,
  type Resources,
  type ResourceUsage,
  Verb,
  type Warning,
  WarningCode,
  WarningSchema,
} from "../gen/left4me/host/v1/instance_pb.ts";
export {
  ChangeType,
  type DeleteArchiveResponse,
  DeleteArchiveResponseSchema,
  type DeleteInstanceResponse,
  DeleteInstanceResponseSchema,
  type ExplainInstanceResponse,
  type InitializeInstanceResponse,
  InitializeInstanceResponseSchema,
  type InstanceFilter,
  InstanceFilterSchema,
  InstanceService,
  type ListArchivesResponse,
  type ListInstancesResponse,
  type ResetInstanceResponse,
  ResetInstanceResponseSchema,
  type RestartInstanceResponse,
  RestartInstanceResponseSchema,
  type RestoreArchiveResponse,
  RestoreArchiveResponseSchema,
  type StartInstanceResponse,
  StartInstanceResponseSchema,
  type StopInstanceResponse,
  StopInstanceResponseSchema,
  WaitFor,
  WatchResyncReason,
} from "../gen/left4me/host/v1/instance_service_pb.ts";
export {
  LifecycleEvent,
  type LogEntry,
  LogEntrySchema,
  type LogGap,
  LogGapReason,
  LogGapSchema,
  LogService,
  type StreamLogsResponse,
} from "../gen/left4me/host/v1/log_service_pb.ts";
export { type Overlay, OverlaySchema } from "../gen/left4me/host/v1/overlay_pb.ts";
export { UploadFormat } from "../gen/left4me/host/v1/upload_pb.ts";
// For callers that look closer.
export { AddressError, type HostAddress, parseAddress } from "./address.ts";
export { allPages, type ListCall } from "./all-pages.ts";
export { asConnectionProblem, type ConnectionProblem } from "./connection-problem.ts";
export { type FollowInstallOptions, followInstall, type InstallItem, isJobOver } from "./follow-install.ts";
export { type FollowLogsOptions, followLogs, type LogItem } from "./follow-logs.ts";
// For every caller.
export { createHostClient, type HostClient, type HostClientOptions, type TransportClientOptions } from "./host-client.ts";
export type { TlsOptions } from "./host-connection.ts";
export {
  asHostFailure,
  type CanonicalCode,
  canonicalCode,
  type HostErrorReason,
  type HostFailure,
  type StartFailureDetail,
} from "./host-failure.ts";
export type { ReconnectOptions } from "./reconnecting.ts";
export { type ImportBuildOptions, importBuild, importOverlay, type UploadOptions, type UploadSource } from "./upload.ts";
export { type ResyncReason, type WatchInstancesOptions, type WatchItem, watchInstances } from "./watch-instances.ts";
