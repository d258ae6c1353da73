#define _GNU_SOURCE
#include "stack.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "idmap.h"
#include "making.h"
#include "report.h"

/* Attaches a mount to a new directory below the working directory. */
static void attach(int mount, const char *name) {
  if (mkdir(name, 0700) != 0 || move_mount(mount, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) != 0)
    fail_errno("a part of the stage cannot be attached");
  close(mount);
}

/* To a place that nobody else sees, and that ends with this process: whenever it is killed, none of the parts is left. */
static void enter_private(int here) {
  // A descriptor stays in the namespace in which it was opened, the working directory does not.
  if (fchdir(here) != 0 || unshare(CLONE_NEWNS) != 0) fail_errno("a mount namespace cannot be made");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail_errno("the mount namespace cannot be made private");
  if (mount("left4me", "merged", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=16m") != 0 || chdir("merged") != 0)
    fail_errno("the parts of the stage have no place");
}

/*
 * Linux before 6.15 takes no layer from a mount that is nowhere; so every part is attached while the overlay is made. The overlay
 * keeps copies of its own.
 */
static int make_stage(int data, const struct layers *layers) {
  char name[16];
  struct making making = begin_overlay("the stage");
  for (int index = 0; index < layers->count; index++) {
    snprintf(name, sizeof name, "%03d", index);
    attach(layers->descriptors[index], name);
    set_option(&making, "lowerdir+", name);
  }
  if (layers->count == 0) {
    if (mkdir("nothing", 0755) != 0) fail_errno("an empty layer cannot be made");
    set_option(&making, "lowerdir+", "nothing");
  }
  attach(data, "data");
  set_option(&making, "upperdir", "data/upper");
  set_option(&making, "workdir", "data/work");
  // What a power cut leaves of a stage is discarded in any case; what is handed over is brought to the disk before.
  set_option(&making, "volatile", NULL);
  return end_overlay(&making);
}

void mount_stage(int here, struct layers *layers) {
  struct account disk = {find_account("left4me").uid, find_account("left4me-game").gid};
  int idmap = make_idmap(disk, find_account("left4me-steam")), home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  for (int index = 0; index < layers->count; index++) {
    int layer = layers->descriptors[index];
    layers->descriptors[index] = clone_mapped(layer, "", idmap, MOUNT_ATTR_RDONLY);
    close(layer);
  }
  int data = clone_mapped(here, "data", idmap, 0);
  close(idmap);
  enter_private(here);
  int mount = make_stage(data, layers);
  if (home < 0 || setns(home, CLONE_NEWNS) != 0) fail_errno("the mount namespace of the host cannot be entered");
  if (move_mount(mount, "", here, "merged", MOVE_MOUNT_F_EMPTY_PATH) != 0) fail_errno("mounting the stage failed");
}
