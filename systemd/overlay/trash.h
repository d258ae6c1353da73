/* Setting aside, into a directory that only root can enter, and deleting what lies there. */
#pragma once
#include <stdbool.h>

/* Opens runtime/, which has to be root's. */
int open_runtime(void);

/* Moves an entry into the trash: one rename, all or nothing. Nothing is followed. False: there is no such entry. */
bool set_aside(int runtime, int directory, const char *entry, const char *owner);

/* Removes an entry of whatever kind. A directory is set aside; its content is deleted by sweep_trash. */
void remove_entry(int runtime, int directory, const char *entry, const char *owner);

/* Deletes what has been set aside, and the run directory's files of instances that have nothing on the disk. */
void sweep_trash(int runtime);
