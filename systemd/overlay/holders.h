/* Who keeps an instance from being unmounted or discarded. */
#pragma once
#include <stdbool.h>

#include "upper.h"

/*
 * Whether the game's unit has a process. Its sandbox has a copy of the mount, so umount(2) alone would not notice it. Asked for
 * in the cgroup: no order of jobs is trusted.
 */
bool is_in_use(const char *name);

/* The processes of the game: "pid N (command)", with commas between them. */
const char *game_processes(const char *name);

/* Processes whose directory, root, program, open or mapped file lies on the mount, and mounts below it. */
const char *mount_holders(const struct upper *upper);
