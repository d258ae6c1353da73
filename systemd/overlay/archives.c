#define _GNU_SOURCE
#include "archives.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "fresh.h"
#include "instances.h"
#include "layout.h"
#include "report.h"
#include "trash.h"

#define ARCHIVES ".archives"

enum { INFO_PATH = LONGEST_ID + 8 };

/* The archives of one instance; -1: it has none yet. Both directories are root's, and left4me's group may list them. */
static int open_archives(const struct upper *upper, bool is_made) {
  struct stat status;
  char path[256];
  if (!is_made && !has_entry(upper->runtime, ARCHIVES)) return -1;
  int all = open_of_root(upper->runtime, ARCHIVES, STORE "/runtime/" ARCHIVES);
  if (is_made && mkdirat(all, upper->name, 0750) != 0 && errno != EEXIST) fail_errno("the archives of %s cannot be made", upper->name);
  snprintf(path, sizeof path, STORE "/runtime/" ARCHIVES "/%s", upper->name);
  int own = fstatat(all, upper->name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? open_of_root(all, upper->name, path) : -1;
  close(all);
  return own;
}

bool has_archive(const struct upper *upper, const char *id) {
  int archives = open_archives(upper, false);
  bool result = archives >= 0 && has_entry(archives, id);
  if (archives >= 0) close(archives);
  return result;
}

static void info_name(char *path, const char *id) {
  snprintf(path, INFO_PATH, "%s.info", id);
}

void describe_archive(const struct upper *upper, const struct reset_order *order, unsigned long long bytes) {
  char path[INFO_PATH];
  int archives = open_archives(upper, true);
  info_name(path, order->archive);
  int file = openat(archives, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (file < 0 || dprintf(file, "size %llu\nbuild %s\n", bytes, order->build) < 0 || fsync(file) != 0)
    fail_errno("%s of %s cannot be written", path, upper->name);
  close(file);
  close(archives);
}

void keep_archive(const struct upper *upper, int directory, const char *entry, const char *id) {
  int archives = open_archives(upper, true);
  if (renameat2(directory, entry, archives, id, RENAME_NOREPLACE) != 0) fail_errno("archive %s of %s cannot be kept", id, upper->name);
  close(archives);
}

int open_archive(const struct upper *upper, const char *id) {
  char wanted[LONGEST_FORMAT], found[LONGEST_FORMAT] = "unknown";
  struct stat status;
  int archives = open_archives(upper, false);
  if (archives < 0 || !has_entry(archives, id)) fail(MISSING, "there is no archive %s of %s", id, upper->name);
  int archive = openat(archives, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (archive < 0 || fstat(archive, &status) != 0) fail_errno("archive %s of %s cannot be opened", id, upper->name);
  if (status.st_uid == 0) read_line(archive, "format", found, sizeof found);
  wanted_format(wanted);
  if (strcmp(found, wanted) != 0)
    fail(INCOMPATIBLE, "archive %s of %s has the format \"%s\", this driver needs \"%s\": choose another archive", id, upper->name, found,
         wanted);
  close(archives);
  return archive;
}

void remove_archive(const struct upper *upper, const char *id) {
  char path[INFO_PATH];
  int archives = open_archives(upper, false);
  if (archives < 0) return;
  info_name(path, id);
  set_aside(upper->runtime, archives, id, upper->name);
  set_aside(upper->runtime, archives, path, upper->name);
  if (fsync(archives) != 0) fail_errno("the archives of %s cannot be brought to the disk", upper->name);
  close(archives);
}

static int newest_first(const void *one, const void *other) {
  return -strcmp(one, other);
}

/* The id that is so many places behind the newest; "" when there are not so many. */
static void find_oldest_kept(int archives, int keep, char *oldest) {
  size_t count = 0, room = 16;
  const char *entry;
  char(*ids)[LONGEST_ID] = calloc(room, sizeof *ids);
  DIR *listing = list_directory(archives, ".");
  while (ids && (entry = next_name(listing))) {
    if (!is_archive_id(entry)) continue;
    if (count == room) ids = reallocarray(ids, room *= 2, sizeof *ids);
    if (ids) snprintf(ids[count++], LONGEST_ID, "%s", entry);
  }
  if (!ids) fail(FAILED, "out of memory");
  qsort(ids, count, sizeof *ids, newest_first);
  snprintf(oldest, LONGEST_ID, "%s", count > (size_t)keep ? ids[keep - 1] : "");
  free(ids);
  closedir(listing);
}

/* Whether a file describes an archive that is there. */
static bool is_info(int archives, const char *entry) {
  char id[LONGEST_ID];
  snprintf(id, sizeof id, "%.*s", (int)strcspn(entry, "."), entry);
  return is_archive_id(id) && strcmp(entry + strlen(id), ".info") == 0 && has_entry(archives, id);
}

void prune_archives(const struct upper *upper, int keep) {
  char oldest[LONGEST_ID];
  const char *entry;
  int archives = open_archives(upper, false);
  if (archives < 0) return;
  if (keep == 0) {
    int all = openat(upper->runtime, ARCHIVES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    set_aside(upper->runtime, all, upper->name, upper->name);
    close(all);
    close(archives);
    return;
  }
  find_oldest_kept(archives, keep, oldest);
  DIR *listing = list_directory(archives, ".");
  while ((entry = next_name(listing)))
    if (strncmp(entry, oldest, strlen("20261129T101500Z-1a2b")) < 0 || !(is_archive_id(entry) || is_info(archives, entry)))
      set_aside(upper->runtime, archives, entry, upper->name);
  closedir(listing);
  close(archives);
}

static void forget_absent_in(int runtime, int instances, const char *directory) {
  const char *name;
  if (!has_entry(runtime, directory)) return;
  DIR *listing = list_directory(runtime, directory);
  while ((name = next_name(listing)))
    if (is_gone(instances, name)) set_aside(runtime, dirfd(listing), name, name);
  closedir(listing);
}

void forget_archives(int runtime, int instances) {
  forget_absent_in(runtime, instances, ARCHIVES);
  forget_absent_in(runtime, instances, FRESH);
}
