#define _GNU_SOURCE
#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"
#include "holders.h"
#include "layout.h"
#include "making.h"
#include "report.h"

bool is_mounted(const struct upper *upper) {
  struct stat status;
  return upper->here >= 0 && fstatat(upper->here, "merged", &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid != 0;
}

static FILE *open_record(const char *name) {
  char path[256];
  snprintf(path, sizeof path, RUN "/mounted/%s", name);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  FILE *record = file < 0 ? NULL : fdopen(file, "w");
  if (!record) fail_errno("mounted/%s cannot be written", name);
  return record;
}

/* Written before the mount, so that there is never one without it; it counts only while something is mounted. */
static void record_mount(const struct upper *upper, const struct order *order) {
  FILE *record = open_record(upper->name);
  fprintf(record, "generation %u\nnote %s\n", order->generation, upper->was_discarded ? "discarded-volatile" : "-");
  for (int index = 0; index < order->layers.count; index++) fprintf(record, "%s\n", order->layers.paths[index]);
  if (fflush(record) != 0 || ferror(record)) fail_errno("mounted/%s cannot be written", upper->name);
  fclose(record);
}

/* A mount that is nowhere yet. */
static int make_mount(const struct upper *upper, const struct order *order) {
  char what[128], place[256];
  snprintf(what, sizeof what, "generation %u of %s", order->generation, upper->name);
  struct making making = begin_overlay(what);
  for (int index = 0; index < order->layers.count; index++) {
    snprintf(place, sizeof place, "/proc/self/fd/%d", order->layers.descriptors[index]);
    set_option(&making, "lowerdir+", place);
  }
  snprintf(place, sizeof place, STORE "/runtime/%s/upper", upper->name);
  set_option(&making, "upperdir", place);
  snprintf(place, sizeof place, STORE "/runtime/%s/work", upper->name);
  set_option(&making, "workdir", place);
  if (order->is_volatile) set_option(&making, "volatile", NULL);
  return end_overlay(&making);
}

/* Of a mount that is nowhere yet, by way of directories only. -1: something else lies there. */
static int open_configuration(int mount) {
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
  return (int)syscall(SYS_openat2, mount, "left4dead2/cfg", &how, sizeof how);
}

/* A game that removes a directory and makes it again hides all that lies below it, for good. */
static bool shows_managed(int mount, const struct order *order) {
  const char *file;
  if (order->managed < 0) return true;
  int configuration = open_configuration(mount);
  bool all = true;
  DIR *listing = list_directory(order->managed, ".");
  while (all && (file = next_name(listing))) all = configuration >= 0 && has_entry(configuration, file);
  closedir(listing);
  if (configuration >= 0) close(configuration);
  return all;
}

void mount_overlay(const struct upper *upper, const struct order *order) {
  int mount = make_mount(upper, order);
  if (!shows_managed(mount, order))
    fail(INCOMPATIBLE, "a directory that the game has made in " STORE "/runtime/%s/upper hides its configuration: reset the instance",
         upper->name);
  record_mount(upper, order);
  if (move_mount(mount, "", upper->here, "merged", MOVE_MOUNT_F_EMPTY_PATH) != 0)
    fail_errno("mounting generation %u of %s failed", order->generation, upper->name);
}

void unmount_merged(int here, const char *place) {
  if (fchdir(here) != 0) fail_errno("%s cannot be entered", place);
  if (umount2("merged", UMOUNT_NOFOLLOW) != 0 && errno != EINVAL) { // EINVAL: unmounted by hand meanwhile
    if (errno != EBUSY) fail_errno("%s/merged cannot be unmounted", place);
    fail(BUSY, "%s/merged cannot be unmounted (target is busy): %s", place, mount_holders(here, place));
  }
  if (chdir("/") != 0) fail_errno("/ cannot be entered");
}

void unmount_overlay(const struct upper *upper) {
  char place[256];
  snprintf(place, sizeof place, STORE "/runtime/%s", upper->name);
  unmount_merged(upper->here, place);
  fclose(open_record(upper->name)); // empty
}
