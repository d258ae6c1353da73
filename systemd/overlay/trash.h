/* Setting aside, into a directory that only root can enter, and deleting what lies there. */
#pragma once
#include <stdbool.h>

/* Opens a directory that has to be there and root's. `shown`: its path, for messages. */
int open_of_root(int at, const char *path, const char *shown);

/* Opens runtime/, which has to be root's. */
int open_runtime(void);

/* Moves an entry into the trash: one rename, all or nothing. Nothing is followed; what is not there is no failure. */
void set_aside(int runtime, int directory, const char *entry, const char *owner);

/* Removes an entry of whatever kind; of a directory, killed at any moment, nothing is left in its place or all of it. */
void remove_entry(int runtime, int directory, const char *entry, const char *owner);

/* Deletes what has been set aside, and what the run directory says of instances that are gone. */
void sweep_trash(int runtime, int instances);
