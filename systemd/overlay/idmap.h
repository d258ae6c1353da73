/* Mounts on which the files of one account are seen as those of another. */
#pragma once
#include "files.h"

/*
 * What makes such mounts (mount_setattr(2), MOUNT_ATTR_IDMAP): a user namespace, which lives as long as its descriptor and the
 * mounts. Files of `disk` are seen as files of `seen`, and what `seen` makes belongs to `disk`; root's stay root's. Nobody else
 * is mapped: what belongs to others can neither be changed nor made.
 */
int make_idmap(struct account disk, struct account seen);

/*
 * A copy of the mount that a directory lies on, from there downwards, nothing mounted below it included; it is nowhere yet.
 *
 * @param attributes  MOUNT_ATTR_... besides: nosuid and nodev it is in any case
 */
int clone_mapped(int at, const char *path, int idmap, unsigned long long attributes);
