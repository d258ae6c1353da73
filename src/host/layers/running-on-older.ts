import type { InstanceRegistry } from "../instances/instance-registry.ts";

/** The names of the instances whose running games were started before `changeTime` on this overlay, which is mutable. */
export function runningOnOlder(registry: InstanceRegistry, ref: string, changeTime: number): string[] {
  return [...registry.entries()]
    .filter(({ runtime, mounted }) => {
      const uses = mounted?.overlays.some((overlay) => overlay.ref === ref && overlay.version === "") === true;
      return uses && runtime.mounted && runtime.activeState === "active" && runtime.since.getTime() < changeTime;
    })
    .map(({ record }) => record.name)
    .sort();
}
