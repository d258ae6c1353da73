#define _GNU_SOURCE
#include "trash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "instances.h"
#include "layout.h"
#include "report.h"

enum { LONGEST_NAME = 160 };

int open_of_root(int at, const char *path, const char *shown) {
  struct stat status;
  int directory = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0 || fstat(directory, &status) != 0) fail_errno("%s cannot be opened; systemd-tmpfiles makes it", shown);
  if (status.st_uid != 0) fail(FAILED, "%s does not belong to root", shown);
  return directory;
}

int open_runtime(void) {
  return open_of_root(AT_FDCWD, STORE "/runtime", STORE "/runtime");
}

static int open_trash(int runtime) {
  return open_of_root(runtime, ".trash", STORE "/runtime/.trash");
}

/* A name that nobody else makes. */
static void unused_name(char *name, const char *owner) {
  static unsigned count;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(name, LONGEST_NAME, "%s.%lld.%09ld.%d.%u", owner, (long long)now.tv_sec, now.tv_nsec, (int)getpid(), count++);
}

/* Moves an entry into the open trash under `name`, which is set. False: there is no such entry. */
static bool move_aside(int trash, int directory, const char *entry, const char *owner, char *name) {
  unused_name(name, owner);
  if (renameat2(directory, entry, trash, name, RENAME_NOREPLACE) == 0) return true;
  if (errno != ENOENT) fail_errno("%s of %s cannot be set aside", entry, owner);
  return false;
}

void set_aside(int runtime, int directory, const char *entry, const char *owner) {
  char name[LONGEST_NAME];
  int trash = open_trash(runtime);
  move_aside(trash, directory, entry, owner, name);
  close(trash);
}

/* A wipe that overtook a mount has left one here. False: it cannot be undone yet. */
static bool is_free_of_mounts(int directory) {
  if (fchdir(directory) != 0) fail_errno("the trash cannot be entered");
  bool result = umount2("merged", UMOUNT_NOFOLLOW) == 0 || errno != EBUSY; // most are no mount
  if (chdir("/") != 0) fail_errno("/ cannot be entered");
  return result;
}

/* Removes an entry, or empties a directory by one level: what is in it becomes entries of `tree`. True: something has changed. */
static bool shorten(int tree, dev_t device, const char *entry) {
  struct stat status;
  const char *name;
  bool changed = false;
  if (unlinkat(tree, entry, 0) == 0 || unlinkat(tree, entry, AT_REMOVEDIR) == 0) return true;
  int directory = openat(tree, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return false;
  if (fstat(directory, &status) != 0 || status.st_dev != device) {
    close(directory);
    return false;
  }
  DIR *listing = fdopendir(directory);
  if (!listing) fail_errno("the trash cannot be listed");
  while ((name = next_name(listing))) {
    char part[LONGEST_NAME];
    unused_name(part, "part");
    changed |= unlinkat(directory, name, 0) == 0 || unlinkat(directory, name, AT_REMOVEDIR) == 0 ||
               renameat2(directory, name, tree, part, RENAME_NOREPLACE) == 0;
  }
  closedir(listing);
  return unlinkat(tree, entry, AT_REMOVEDIR) == 0 || changed;
}

/* Deletes an entry of the trash. Neither the depth nor the width of a tree costs memory or descriptors. */
static void delete_tree(int trash, const char *entry) {
  struct stat status;
  const char *name;
  if (unlinkat(trash, entry, 0) == 0) return;
  int tree = openat(trash, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (tree < 0) return;
  if (fstat(tree, &status) == 0 && is_free_of_mounts(tree)) {
    DIR *listing = list_directory(tree, ".");
    for (bool changed = true; changed;) {
      changed = false;
      rewinddir(listing);
      while ((name = next_name(listing))) changed |= shorten(tree, status.st_dev, name);
    }
    closedir(listing);
  }
  close(tree);
  unlinkat(trash, entry, AT_REMOVEDIR);
}

void remove_entry(int runtime, int directory, const char *entry, const char *owner) {
  char name[LONGEST_NAME];
  if (unlinkat(directory, entry, 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR) fail_errno("%s cannot be removed from what %s wrote", entry, owner);
  int trash = open_trash(runtime);
  if (move_aside(trash, directory, entry, owner, name)) delete_tree(trash, name);
  close(trash);
}

/* Whether a file is one that a helper still writes: .NAME.PID. */
static bool is_being_written(const char *file) {
  const char *dot = strrchr(file, '.');
  long pid = file[0] == '.' ? strtol(dot + 1, NULL, 10) : 0;
  return pid > 0 && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Files of the run directory are named after instances: NAME, or VERB@NAME; and .NAME.PID while they are written. */
static void forget_absent(int runtime, int instances, const char *path) {
  const char *file;
  DIR *listing = list_directory(AT_FDCWD, path);
  while ((file = next_name(listing))) {
    const char *at = strrchr(file, '@'), *name = at ? at + 1 : file;
    if (!is_being_written(file) && !has_entry(runtime, name) && is_gone(instances, name)) unlinkat(dirfd(listing), file, 0);
  }
  closedir(listing);
}

void sweep_trash(int runtime, int instances) {
  const char *name;
  forget_absent(runtime, instances, RUN "/mounted");
  forget_absent(runtime, instances, RUN "/failures");
  forget_absent(runtime, instances, RUN "/written");
  int trash = open_trash(runtime);
  DIR *listing = list_directory(trash, ".");
  while ((name = next_name(listing))) delete_tree(trash, name);
  closedir(listing);
}
