// Written by `npm run generate`.
export * from "./google/rpc/error_details_pb.ts";
export * from "./left4me/host/v1/archive_pb.ts";
export * from "./left4me/host/v1/build_pb.ts";
export * from "./left4me/host/v1/error_reason_pb.ts";
export * from "./left4me/host/v1/explanation_pb.ts";
export * from "./left4me/host/v1/host_service_pb.ts";
export * from "./left4me/host/v1/install_job_pb.ts";
export * from "./left4me/host/v1/installation_service_pb.ts";
export * from "./left4me/host/v1/instance_pb.ts";
export * from "./left4me/host/v1/instance_service_pb.ts";
export * from "./left4me/host/v1/log_service_pb.ts";
export * from "./left4me/host/v1/overlay_pb.ts";
export * from "./left4me/host/v1/upload_pb.ts";
