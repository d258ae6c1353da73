import { join } from "node:path";

/**
 * The paths below LEFT4ME_ROOT. Everything that knows where something lies asks here.
 *
 * Layout:
 *   host.json                                 the host's id
 *   hostd.lock                                held by the daemon that runs here; its pid
 *   instances/<name>/record.json              uid, desired state, specification, intent
 *   instances/<name>/exit.<uid>.json          how the last invocation ended
 *   instances/<name>/ready.<uid>              the last invocation whose READY stands in the log
 *   instances/<name>/gen/<n>/                 an immutable generation: layer/, argv, layers, generation.json
 *   overlays/<ref>                            our link into overlay-versions/, or a directory put there by hand
 *   overlay-versions/<digest>                 an immutable version of an overlay
 *   layers/<id>                               an immutable tree of a build
 *   builds/<id>.json, builds/active           manifests, and the link to the active one
 *   layers/.written-<job>                     what an installer wrote, until it is a layer
 *   installation                              a link to the active build's tree, while that is one layer
 *   install/job.json                          the running or the last installation job
 *   installation                              a link to the active build's tree
 *   stage/                                    links to the layers over which the game is being installed
 *   runtime/<name>/{upper,work,merged,format} what the game wrote, and where its stack is mounted
 *   runtime/.archives/<name>/<id>/            what a reset kept: upper, format, and what else the driver has there
 *   runtime/.archives/<name>/<id>.info        its size and its build; there before the archive is
 *   tmp/                                      uploads, trash, a link to the journal; emptied at every start of the daemon
 */
export type HostLayout = ReturnType<typeof hostLayout>;

/** Returns the paths below `root`, an absolute path. */
export function hostLayout(root: string) {
  const instances = join(root, "instances");
  const runtime = join(root, "runtime");
  return {
    root,
    hostFile: join(root, "host.json"),
    instances,
    instance: (name: string) => join(instances, name),
    record: (name: string) => join(instances, name, "record.json"),
    // By uid: what is written late never reaches a later instance of the name.
    exit: (name: string, uid: string) => join(instances, name, `exit.${uid}.json`),
    ready: (name: string, uid: string) => join(instances, name, `ready.${uid}`),
    generations: (name: string) => join(instances, name, "gen"),
    generation: (name: string, number: number) => join(instances, name, "gen", String(number)),
    overlays: join(root, "overlays"),
    overlay: (ref: string) => join(root, "overlays", ref),
    overlayVersions: join(root, "overlay-versions"),
    overlayVersion: (digest: string) => join(root, "overlay-versions", digest),
    layers: join(root, "layers"),
    layer: (id: string) => join(root, "layers", id),
    written: (job: string) => join(root, "layers", `.written-${job}`),
    builds: join(root, "builds"),
    build: (id: string) => join(root, "builds", `${id}.json`),
    activeBuild: join(root, "builds", "active"),
    installation: join(root, "installation"),
    installJob: join(root, "install", "job.json"),
    stageOrder: join(root, "stage"),
    runtime,
    instanceRuntime: (name: string) => join(runtime, name),
    // A dot begins no instance's name.
    archives: join(runtime, ".archives"),
    instanceArchives: (name: string) => join(runtime, ".archives", name),
    tmp: join(root, "tmp"),
  } as const;
}
