/* Who keeps an instance or the stage from being unmounted or discarded. */
#pragma once
#include <stdbool.h>

/* The control group of a game's unit. Valid until the next call. */
const char *game_group(const char *name);

/* That of the installer's unit, whose slice its unit file names. */
#define INSTALLER_GROUP "/sys/fs/cgroup/system.slice/left4me-install.service"

/*
 * Whether a unit has a process. Its sandbox has a copy of the mount, so umount(2) alone would not notice it. Asked for in the
 * cgroup: no order of jobs is trusted.
 */
bool is_in_use(const char *group);

/* The processes of a unit: "pid N (command)", with commas between them. */
const char *processes_of(const char *group);

/* Processes whose directory, root, program, open or mapped file lies on the mount `merged` in a directory, and mounts below it. */
const char *mount_holders(int here, const char *place);
