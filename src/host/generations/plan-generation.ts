import { noBuild } from "../../domain/failures.ts";
import { contradictionOf } from "../../domain/game-argv.ts";
import type { Warning } from "../../domain/instance.ts";
import type { InstanceSpec } from "../../domain/instance-spec.ts";
import type { HostContext } from "../host-context.ts";
import type { GenerationInput } from "./generation-store.ts";

/** Everything that a start of this specification would use, as it is now. @throws HostError OVERLAY_NOT_FOUND, INVALID_SPEC */
export async function planGeneration(context: HostContext, spec: InstanceSpec): Promise<GenerationInput> {
  const overlays = await context.overlays.resolveAll(spec.overlays.map(({ ref }) => ref));
  const build = context.builds.active();
  return {
    spec,
    overlays,
    buildId: build?.id ?? "",
    buildLayers: build === undefined ? [] : context.builds.layersOf(build.id),
  };
}

/** The plan of a start. @throws HostError NO_BUILD, STATE_DAMAGED and what {@link planGeneration} throws */
export async function planStart(context: HostContext, spec: InstanceSpec): Promise<GenerationInput> {
  if ((await context.builds.startable()) === undefined) throw noBuild();
  return planGeneration(context, spec);
}

/** What a user should know about a specification although it can be used. */
export function warningsFor(context: HostContext, name: string, spec: InstanceSpec): Warning[] {
  return [
    ...portClashes(context, name, spec),
    ...buildMissing(context),
    ...argumentWarnings(spec),
    ...configWarnings(spec),
    ...driverWarnings(context, spec),
  ];
}

function portClashes(context: HostContext, name: string, spec: InstanceSpec): Warning[] {
  return [...context.registry.entries()]
    .filter(({ record }) => record.name !== name && record.spec.port === spec.port)
    .map(({ record }) => ({
      code: "PORT_CLASH",
      message: `the instance "${record.name}" has port ${spec.port} too; the two cannot run together`,
      field: "spec.port",
    }));
}

function buildMissing(context: HostContext): Warning[] {
  if (context.builds.active() !== undefined) return [];
  return [
    {
      code: "NO_BUILD",
      message: "no game build is active yet; a start fails until the game is installed, or a build imported or activated",
    },
  ];
}

function argumentWarnings(spec: InstanceSpec): Warning[] {
  return spec.arguments.flatMap((argument, index): Warning[] => {
    const field = `spec.arguments[${index}]`;
    const reason = contradictionOf(argument);
    if (reason !== undefined) return [{ code: "OVERRIDE", message: `${argument} overrides what the host supplies: ${reason}`, field }];
    if (!/^[-+]\S+\s/.test(argument)) return [];
    return [
      {
        code: "ARGUMENT_WITH_SPACE",
        message: `"${argument}" is passed as one argument; write the option and its value as two items`,
        field,
      },
    ];
  });
}

/** The port is the specification's; a line that sets another is executed all the same. */
function configWarnings(spec: InstanceSpec): Warning[] {
  return spec.config.flatMap((line, index): Warning[] => {
    if (!/^\s*"?hostport"?\s/i.test(line)) return [];
    return [
      {
        code: "OVERRIDE",
        message: `the line \`${line.trim()}\` overrides what the host supplies: the port is the specification's \`port\``,
        field: `spec.config[${index}]`,
      },
    ];
  });
}

function driverWarnings({ driver }: HostContext, spec: InstanceSpec): Warning[] {
  const asked = {
    MEMORY_HIGH: spec.resources.memoryHighBytes,
    MEMORY_MAX: spec.resources.memoryMaxBytes,
    TASKS_MAX: spec.resources.tasksMax,
    CPU_QUOTA: spec.resources.cpuQuotaPercent,
    NICE: spec.resources.nice,
  };
  const enforced: readonly string[] = driver.info.enforcedLimits;
  const limits = Object.entries(asked)
    .filter(([limit, value]) => value !== undefined && !enforced.includes(limit))
    .map(
      ([limit]): Warning => ({
        code: "LIMIT_NOT_ENFORCED",
        message: `the ${driver.info.name} driver does not enforce ${limit.toLowerCase()}`,
        field: "spec.resources",
      }),
    );
  const options = { volatile: spec.volatile, preserve: spec.preserve.length > 0 };
  const ignored = (["volatile", "preserve"] as const)
    .filter((option) => options[option] && !driver.info[option])
    .map(
      (option): Warning => ({
        code: "OPTION_IGNORED",
        message: `the ${driver.info.name} driver does not offer ${option}; the instance runs without it`,
        field: `spec.${option}`,
      }),
    );
  return [...limits, ...ignored];
}
