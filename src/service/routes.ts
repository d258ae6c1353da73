import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { HostService } from "../gen/left4me/host/v1/host_service_pb.ts";
import { InstallationService } from "../gen/left4me/host/v1/installation_service_pb.ts";
import { InstanceService } from "../gen/left4me/host/v1/instance_service_pb.ts";
import { LogService } from "../gen/left4me/host/v1/log_service_pb.ts";
import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-log.ts";
import { errorInterceptor } from "./error-interceptor.ts";
import { healthService } from "./health-service.ts";
import { hostService } from "./host-service.ts";
import { installationService } from "./installation-service.ts";
import { instanceService } from "./instance-service.ts";
import { logService } from "./log-service.ts";
import { addReflection } from "./reflection-service.ts";
import { ServingState } from "./serving-state.ts";
import { StreamSlots } from "./stream-slots.ts";

/** How the services are served. */
export type ServiceOptions = {
  /** Where defects are told. Default: nowhere. */
  readonly log?: HostLog;
  /** What health checks answer. Default: SERVING for ever. */
  readonly serving?: ServingState;
  /** Limits log streams and watches. Default: 2000 of them. */
  readonly slots?: StreamSlots;
  /** Wrapped around every call, the outermost first. They see errors as callers do. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Wrapped around the calls of the host's own services, inside of all others. Default: none. */
  readonly hostInterceptors?: readonly Interceptor[];
};

/** The services of a host, in the order in which tools show them. */
export const hostServices = [InstanceService, LogService, InstallationService, HostService] as const;

/** Serves a host: our four services, grpc.health.v1 and server reflection. */
export function routes(host: HostApi, options: ServiceOptions = {}): (router: ConnectRouter) => void {
  const { log = () => {}, serving = new ServingState(), slots = new StreamSlots() } = options;
  const interceptors = [...(options.interceptors ?? []), errorInterceptor(log)];
  const ofHost = { interceptors: [...interceptors, ...(options.hostInterceptors ?? [])] };
  return (router) => {
    router
      .service(InstanceService, instanceService(host, slots), ofHost)
      .service(LogService, logService(host, slots), ofHost)
      .service(InstallationService, installationService(host, slots), ofHost)
      .service(HostService, hostService(host), ofHost)
      .service(Health, healthService(hostServices, serving, slots), { interceptors });
    addReflection(router, [...hostServices, Health]);
  };
}
