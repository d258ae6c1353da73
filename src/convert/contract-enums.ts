import type { ErrorReason } from "../domain/host-error.ts";
import type { InstallPhase } from "../domain/install-job.ts";
import type { DesiredState, Drift, InstanceState, Readiness, Verb, WaitFor, WarningCode } from "../domain/instance.ts";
import type { LifecycleEvent, LogGapReason } from "../domain/log-entry.ts";
import { ErrorReason as reason } from "../gen/left4me/host/v1/error_reason_pb.ts";
import * as job from "../gen/left4me/host/v1/install_job_pb.ts";
import * as instance from "../gen/left4me/host/v1/instance_pb.ts";
import * as service from "../gen/left4me/host/v1/instance_service_pb.ts";
import * as log from "../gen/left4me/host/v1/log_service_pb.ts";
import { enumTable } from "./enum-table.ts";

// One line an enum of the contract that has a union in the domain.

export const desiredStates = enumTable<DesiredState>()("DesiredState", instance.DesiredState);
export const instanceStates = enumTable<InstanceState>()("InstanceState", instance.InstanceState);
export const readinesses = enumTable<Readiness>()("Readiness", instance.Readiness);
export const drifts = enumTable<Drift>()("Drift", instance.Drift);
export const verbs = enumTable<Verb>()("Verb", instance.Verb);
export const warningCodes = enumTable<WarningCode>()("WarningCode", instance.WarningCode);
/** UNSPECIFIED means READY; the handlers say so. */
export const waitFors = enumTable<WaitFor>()("WaitFor", service.WaitFor);
/** NONE is the domain's undefined: the game wrote the entry. */
export const lifecycleEvents = enumTable<LifecycleEvent | "NONE">()("LifecycleEvent", log.LifecycleEvent);
export const errorReasons = enumTable<ErrorReason>()("ErrorReason", reason);
export const installPhases = enumTable<InstallPhase>()("InstallPhase", job.InstallPhase);
export const logGapReasons = enumTable<LogGapReason>()("LogGapReason", log.LogGapReason);
