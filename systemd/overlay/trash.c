#define _GNU_SOURCE
#include "trash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static int open_own(int at, const char *path, const char *shown) {
  struct stat status;
  int directory = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0 || fstat(directory, &status) != 0) fail_errno("%s cannot be opened; systemd-tmpfiles makes it", shown);
  if (status.st_uid != 0) fail(FAILED, "%s does not belong to root", shown);
  return directory;
}

int open_runtime(void) {
  return open_own(AT_FDCWD, STORE "/runtime", STORE "/runtime");
}

static int open_trash(int runtime) {
  return open_own(runtime, ".trash", STORE "/runtime/.trash");
}

/* A name that nothing in the trash has. */
static void unused_name(char *name, size_t size, const char *owner) {
  static unsigned count;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(name, size, "%s.%lld.%09ld.%d.%u", owner, (long long)now.tv_sec, now.tv_nsec, (int)getpid(), count++);
}

bool set_aside(int runtime, int directory, const char *entry, const char *owner) {
  char name[160];
  int trash = open_trash(runtime);
  unused_name(name, sizeof name, owner);
  int result = renameat2(directory, entry, trash, name, RENAME_NOREPLACE);
  if (result != 0 && errno != ENOENT) fail_errno("%s of %s cannot be set aside", entry, owner);
  close(trash);
  return result == 0;
}

void remove_entry(int runtime, int directory, const char *entry, const char *owner) {
  if (unlinkat(directory, entry, 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR) fail_errno("%s cannot be removed from what %s wrote", entry, owner);
  set_aside(runtime, directory, entry, owner);
}

static bool is_dots(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A wipe that overtook a mount has left one here. False: it cannot be undone yet. */
static bool unmounted(int directory) {
  if (fchdir(directory) != 0) fail_errno("the trash cannot be entered");
  bool result = umount2("merged", UMOUNT_NOFOLLOW) == 0 || errno != EBUSY; // most are no mount
  if (chdir("/") != 0) fail_errno("/ cannot be entered");
  return result;
}

/*
 * Deletes one entry of the trash; directories in it become entries of their own. So the depth of a tree costs neither stack nor
 * descriptors. Returns whether anything was deleted or moved.
 */
static bool delete_entry(int trash, dev_t device, const char *entry) {
  struct stat status;
  struct dirent *found;
  bool progress = false;
  if (unlinkat(trash, entry, 0) == 0 || unlinkat(trash, entry, AT_REMOVEDIR) == 0) return true;
  int directory = openat(trash, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return false;
  if (fstat(directory, &status) != 0 || status.st_dev != device || !unmounted(directory)) {
    close(directory);
    return false;
  }
  DIR *listing = fdopendir(directory);
  if (!listing) fail_errno("the trash cannot be listed");
  while ((found = readdir(listing))) {
    if (is_dots(found->d_name)) continue;
    if (unlinkat(directory, found->d_name, 0) == 0 || unlinkat(directory, found->d_name, AT_REMOVEDIR) == 0) {
      progress = true;
    } else {
      char name[160];
      unused_name(name, sizeof name, "part");
      progress |= renameat2(directory, found->d_name, trash, name, RENAME_NOREPLACE) == 0;
    }
  }
  closedir(listing);
  return unlinkat(trash, entry, AT_REMOVEDIR) == 0 || progress;
}

/* Files of the run directory are named after instances: NAME, or VERB@NAME. */
static void forget_absent(int runtime, const char *path) {
  struct stat status;
  struct dirent *found;
  DIR *listing = opendir(path);
  if (!listing) return;
  while ((found = readdir(listing))) {
    const char *at = strrchr(found->d_name, '@'), *name = at ? at + 1 : found->d_name;
    if (is_dots(found->d_name) || fstatat(runtime, name, &status, AT_SYMLINK_NOFOLLOW) == 0) continue;
    unlinkat(dirfd(listing), found->d_name, 0);
  }
  closedir(listing);
}

void sweep_trash(int runtime) {
  struct stat status;
  struct dirent *found;
  int trash = open_trash(runtime);
  if (fstat(trash, &status) != 0) fail_errno("the trash cannot be read");
  DIR *listing = fdopendir(dup(trash));
  if (!listing) fail_errno("the trash cannot be listed");
  for (bool progress = true; progress;) {
    progress = false;
    rewinddir(listing);
    while ((found = readdir(listing)))
      if (!is_dots(found->d_name)) progress |= delete_entry(trash, status.st_dev, found->d_name);
  }
  closedir(listing);
  forget_absent(runtime, RUN "/mounted");
  forget_absent(runtime, RUN "/failures");
}
