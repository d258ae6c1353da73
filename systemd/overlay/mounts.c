#define _GNU_SOURCE
#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "holders.h"
#include "layout.h"
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
  for (int index = 0; index < order->count; index++) fprintf(record, "%s\n", order->paths[index]);
  if (fflush(record) != 0 || ferror(record)) fail_errno("mounted/%s cannot be written", upper->name);
  fclose(record);
}

/* Fails with what the kernel says of a mount that it refuses. */
static _Noreturn void refuse(int context, const struct upper *upper, const struct order *order) {
  int error = errno;
  char text[512];
  ssize_t length = read(context, text, sizeof text - 1); // "e overlay: ..."
  text[length < 0 ? 0 : length] = '\0';
  text[strcspn(text, "\n")] = '\0';
  fail(FAILED, "mounting generation %u of %s failed: %s%s%s", order->generation, upper->name, length > 2 ? text + 2 : "",
       length > 2 ? ": " : "", strerror(error));
}

/* A mount that is nowhere yet. */
static int make_mount(const struct upper *upper, const struct order *order) {
  char place[256];
  int context = fsopen("overlay", FSOPEN_CLOEXEC);
  if (context < 0) fail_errno("the kernel mounts no overlay");
  const char *options[][2] = {
      {"source", "left4me"},
      {"index", "off"}, // the stack below one upper changes with every build
      {"metacopy", "off"},
      {"redirect_dir", "nofollow"}, // no attribute of a layer leads elsewhere
  };
  for (size_t index = 0; index < sizeof options / sizeof *options; index++)
    if (fsconfig(context, FSCONFIG_SET_STRING, options[index][0], options[index][1], 0) != 0) refuse(context, upper, order);
  for (int index = 0; index < order->count; index++) {
    snprintf(place, sizeof place, "/proc/self/fd/%d", order->layers[index]);
    if (fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", place, 0) != 0) refuse(context, upper, order);
  }
  snprintf(place, sizeof place, STORE "/runtime/%s/upper", upper->name);
  if (fsconfig(context, FSCONFIG_SET_STRING, "upperdir", place, 0) != 0) refuse(context, upper, order);
  snprintf(place, sizeof place, STORE "/runtime/%s/work", upper->name);
  if (fsconfig(context, FSCONFIG_SET_STRING, "workdir", place, 0) != 0) refuse(context, upper, order);
  if (order->is_volatile && fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) != 0) refuse(context, upper, order);
  if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) refuse(context, upper, order);
  int mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME);
  if (mount < 0) refuse(context, upper, order);
  close(context);
  return mount;
}

/* A game that removes a directory and makes it again hides all that lies below it, for good. */
static bool shows_managed(int mount, const struct order *order) {
  char path[512];
  const char *file;
  bool all = true;
  if (order->managed < 0) return true;
  DIR *listing = list_directory(order->managed, ".");
  while (all && (file = next_name(listing))) {
    snprintf(path, sizeof path, "left4dead2/cfg/%s", file);
    all = has_entry(mount, path);
  }
  closedir(listing);
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

void unmount_overlay(const struct upper *upper) {
  if (fchdir(upper->here) != 0) fail_errno(STORE "/runtime/%s cannot be entered", upper->name);
  if (umount2("merged", UMOUNT_NOFOLLOW) != 0 && errno != EINVAL) { // EINVAL: unmounted by hand meanwhile
    if (errno != EBUSY) fail_errno(STORE "/runtime/%s/merged cannot be unmounted", upper->name);
    fail(BUSY, STORE "/runtime/%s/merged cannot be unmounted (target is busy): %s", upper->name, mount_holders(upper));
  }
  if (chdir("/") != 0) fail_errno("/ cannot be entered");
  fclose(open_record(upper->name)); // empty
}
