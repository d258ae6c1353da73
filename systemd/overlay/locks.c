#define _GNU_SOURCE
#include "locks.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "instances.h"
#include "layout.h"
#include "report.h"

/* Whether a file that is open still has its name: a lock of one that was removed keeps nobody out. */
static bool has_name(int file, int at, const char *path) {
  struct stat opened, named;
  return fstat(file, &opened) == 0 && fstatat(at, path, &named, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

void take_lock(const char *name) {
  char path[256];
  snprintf(path, sizeof path, RUN "/locks/%s", name);
  for (;;) {
    int file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 || flock(file, LOCK_EX) != 0) fail_errno("locks/%s cannot be locked", name);
    if (has_name(file, AT_FDCWD, path)) return;
    close(file); // forgotten while we waited for it
  }
}

/* Removed by whoever has it: who waits for it looks for its name behind that, and takes another one. */
static void forget_lock(int locks, const char *name) {
  int file = openat(locks, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return;
  if (flock(file, LOCK_EX | LOCK_NB) == 0 && has_name(file, locks, name)) unlinkat(locks, name, 0);
  close(file);
}

/* Of "reload@NAME", a mark of limits, NAME; else the whole name. */
static const char *owner_of(const char *file) {
  static const char mark[] = "reload@";
  return strncmp(file, mark, sizeof mark - 1) == 0 ? file + sizeof mark - 1 : file;
}

void forget_locks(int runtime, int instances) {
  const char *file;
  DIR *listing = list_directory(AT_FDCWD, RUN "/locks");
  while ((file = next_name(listing))) {
    const char *name = owner_of(file);
    if (file[0] != '.' && name[0] && !has_entry(runtime, name) && is_gone(instances, name)) forget_lock(dirfd(listing), file);
  }
  closedir(listing);
}
