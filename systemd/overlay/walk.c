#define _GNU_SOURCE
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "copies.h"
#include "files.h"
#include "glob.h"
#include "layout.h"
#include "report.h"

enum { DEEPEST = 64, MOST_ENTRIES = 1000000, MOST_FILES = 65536, MOST_TOLD = 1000 };

/* Where a walk is: the path is relative to the top, without a slash at its end. */
struct place {
  int from, to; /* the tops of both trees; `to` only where there is another one */
  const struct reset_order *order;
  bool copies;
  unsigned long entries;
  struct walk result;
  char path[PATH_MAX];
  size_t length;
};

/* Opens the directory of a path in the other tree, and makes what is missing on the way; the modes are those of this tree. */
static int open_target(struct place *place, size_t length, mode_t more) {
  char step[NAME_MAX + 1], prefix[PATH_MAX];
  struct stat status;
  int at = dup(place->to);
  for (size_t start = 0; at >= 0 && start < length;) {
    size_t end = start + strcspn(place->path + start, "/");
    if (end > length) end = length;
    snprintf(step, sizeof step, "%.*s", (int)(end - start), place->path + start);
    snprintf(prefix, sizeof prefix, "%.*s", (int)end, place->path);
    bool is_new = mkdirat(at, step, 0700) == 0;
    if (!is_new && errno != EEXIST) fail_errno("a directory cannot be made");
    int next = openat(at, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) fail_errno("a directory that was just made cannot be opened");
    if (is_new && fstatat(place->from, prefix, &status, AT_SYMLINK_NOFOLLOW) == 0 && fchmod(next, (status.st_mode & 0777) | more) != 0)
      fail_errno("the mode of a directory cannot be set");
    close(at);
    at = next;
    start = end + 1;
  }
  if (at < 0) fail_errno("a directory cannot be opened");
  return at;
}

/* Has a file in the other tree too. A link needs no room; where the game could not make one, it is a copy. */
static bool keep_file(struct place *place, int directory, const char *entry, size_t parent) {
  int target = open_target(place, parent, 0700);
  bool is_kept = (!place->copies && linkat(directory, entry, target, entry, 0) == 0) || copy_file(directory, entry, target);
  close(target);
  return is_kept;
}

static bool is_wanted(const struct place *place) {
  for (int index = 0; index < place->order->count; index++)
    if (glob_matches(place->order->globs[index], place->path)) return true;
  return false;
}

/* Puts an entry behind the path. False: it would be longer than a path may be. */
static bool enter(struct place *place, const char *entry) {
  size_t length = strlen(entry);
  if (place->length + 1 + length >= sizeof place->path) return false;
  if (place->length > 0) place->path[place->length++] = '/';
  memcpy(place->path + place->length, entry, length + 1);
  place->length += length;
  return true;
}

static void leave(struct place *place, size_t length) {
  place->length = length;
  place->path[length] = '\0';
}

/* Opens a directory on the way; NULL: the game's user may not, or it is gone, or another thing by now. */
static DIR *open_listing(int at, const char *entry) {
  int directory = openat(at, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *listing = directory < 0 ? NULL : fdopendir(directory);
  if (!listing && directory >= 0) close(directory);
  return listing;
}

/* What is done with an entry that is no directory, with a directory behind its entries, and where the walk does not go on. */
struct visitor {
  bool (*file)(struct place *place, int directory, const char *entry, const struct stat *status, size_t parent);
  void (*directory)(struct place *place, int directory);
  void (*passed_over)(const struct place *place, const char *why);
};

static void pass_over(const struct place *place, const struct visitor *visitor, const char *why) {
  if (visitor->passed_over) visitor->passed_over(place, why);
}

/* False: nothing below was wanted. */
static bool walk_directory(struct place *place, const struct visitor *visitor, DIR *listing, int depth) {
  struct stat status;
  const char *entry;
  bool is_used = false;
  size_t parent = place->length;
  while (place->entries < MOST_ENTRIES && (entry = next_name(listing))) {
    bool is_wanted_here = false;
    DIR *below;
    place->entries++;
    if (!enter(place, entry)) pass_over(place, visitor, "its path is too long");
    else if (fstatat(dirfd(listing), entry, &status, AT_SYMLINK_NOFOLLOW) != 0) pass_over(place, visitor, strerror(errno));
    else if (!S_ISDIR(status.st_mode)) is_wanted_here = visitor->file(place, dirfd(listing), entry, &status, parent);
    else if (depth == DEEPEST) pass_over(place, visitor, "it lies too deep");
    else if (!(below = open_listing(dirfd(listing), entry))) pass_over(place, visitor, strerror(errno));
    else {
      is_wanted_here = walk_directory(place, visitor, below, depth + 1);
      closedir(below);
    }
    if (!is_wanted_here) place->result.has_others = true;
    is_used |= is_wanted_here;
    leave(place, parent);
  }
  if (place->entries == MOST_ENTRIES) {
    place->result.has_others = true;
    pass_over(place, visitor, "a million other entries come first");
  }
  if (visitor->directory) visitor->directory(place, dirfd(listing));
  return is_used;
}

/* Walks with the rights of the game's user. */
static void walk(struct place *place, const struct visitor *visitor) {
  mode_t mask = umask(0); // every mode is said
  take_rights(find_account("left4me-game"));
  DIR *listing = open_listing(place->from, ".");
  if (!listing) pass_over(place, visitor, strerror(errno));
  else {
    walk_directory(place, visitor, listing, 0);
    closedir(listing);
  }
  take_rights((struct account){0, 0});
  umask(mask);
}

static bool keep_wanted(struct place *place, int directory, const char *entry, const struct stat *status, size_t parent) {
  if (!S_ISREG(status->st_mode) || place->result.kept == MOST_FILES || !is_wanted(place)) return false;
  if (!keep_file(place, directory, entry, parent)) return false;
  place->result.kept++;
  return true;
}

static unsigned long long measured;

static bool measure_file(struct place *, int, const char *, const struct stat *status, size_t) {
  measured += (unsigned long long)status->st_blocks * 512;
  return true;
}

static void measure_directory(struct place *, int directory) {
  struct stat status;
  if (fstat(directory, &status) == 0) measured += (unsigned long long)status.st_blocks * 512;
}

static bool measure_wanted(struct place *place, int directory, const char *entry, const struct stat *status, size_t parent) {
  return S_ISREG(status->st_mode) && is_wanted(place) && measure_file(place, directory, entry, status, parent);
}

static unsigned long long measure(int directory, const struct reset_order *order, const struct visitor *visitor) {
  static struct place place;
  place = (struct place){.from = directory, .order = order};
  measured = 0;
  walk(&place, visitor);
  return measured;
}

unsigned long long measure_tree(int directory) {
  return measure(directory, NULL, &(struct visitor){.file = measure_file, .directory = measure_directory});
}

struct walk keep_files(int from, int to, const struct reset_order *order, bool copies) {
  static struct place place;
  if (copies) expect_bytes(measure(from, order, &(struct visitor){.file = measure_wanted}));
  place = (struct place){.from = from, .to = to, .order = order, .copies = copies};
  walk(&place, &(struct visitor){.file = keep_wanted});
  return place.result;
}

static bool is_whiteout(const struct stat *status) {
  return S_ISCHR(status->st_mode) && status->st_rdev == makedev(0, 0);
}

_Noreturn static void refuse_part(const struct place *place, const char *why) {
  fail(FAILED, "\"%.200s\" of the archive cannot be copied (%s), and a part of an archive is not put back; root finds its files below %s",
       place->path, why, STORE "/runtime/.archives");
}

static bool copy_entry(struct place *place, int directory, const char *entry, const struct stat *status, size_t parent) {
  char text[PATH_MAX];
  bool is_copied = true;
  int target = open_target(place, parent, 0700);
  if (S_ISREG(status->st_mode)) {
    if (!copy_file(directory, entry, target)) refuse_part(place, strerror(EACCES));
  } else if (S_ISLNK(status->st_mode)) {
    ssize_t length = readlinkat(directory, entry, text, sizeof text - 1);
    text[length < 0 ? 0 : length] = '\0';
    if (length < 0 || symlinkat(text, target, entry) != 0) fail_errno("a link cannot be copied");
  } else if (is_whiteout(status) || S_ISFIFO(status->st_mode)) {
    if (mknodat(target, entry, status->st_mode & (S_IFMT | 0777), makedev(0, 0)) != 0) fail_errno("a mark or a FIFO cannot be copied");
  } else is_copied = false;
  close(target);
  if (!is_copied) note("%.200s is not copied: it is a socket or a device", place->path);
  return is_copied;
}

/* A directory that the game has deleted and made again hides what lies below it. */
static void finish_directory(struct place *place, int directory) {
  struct stat status;
  char opaque[2];
  int target = open_target(place, place->length, 0700);
  bool is_opaque = fgetxattr(directory, "trusted.overlay.opaque", opaque, sizeof opaque) == 1 && opaque[0] == 'y';
  if (is_opaque && fsetxattr(target, "trusted.overlay.opaque", "y", 1, 0) != 0) fail_errno("a directory's mark cannot be copied");
  if (fstat(directory, &status) != 0 || fchmod(target, status.st_mode & 0777) != 0) fail_errno("a directory cannot be given its mode");
  close(target);
}

void copy_tree(int from, int to) {
  static struct place place;
  expect_bytes(measure(from, NULL, &(struct visitor){measure_file, measure_directory, refuse_part}));
  place = (struct place){.from = from, .to = to};
  walk(&place, &(struct visitor){copy_entry, finish_directory, refuse_part});
}

static int told_file;

static bool tell_file(struct place *place, int, const char *, const struct stat *status, size_t) {
  if (place->result.kept == MOST_TOLD) {
    place->entries = MOST_ENTRIES; // that is enough
    return false;
  }
  place->result.kept++;
  char type = S_ISREG(status->st_mode) ? 'f' : S_ISLNK(status->st_mode) ? 'l' : is_whiteout(status) ? 'w' : 'o';
  unsigned long long size = S_ISREG(status->st_mode) ? (unsigned long long)status->st_size : 0;
  long long seconds = status->st_ctim.tv_sec; // the other times are whatever the game says
  if (dprintf(told_file, "%c %llu %lld %s%c", type, size, seconds, place->path, '\0') < 0) fail_errno("what was written cannot be told");
  return true;
}

void list_tree(int directory, int file) {
  static struct place place;
  place = (struct place){.from = directory};
  told_file = file;
  walk(&place, &(struct visitor){.file = tell_file});
  bool is_truncated = place.entries >= MOST_ENTRIES;
  if (dprintf(file, "%s\n", is_truncated ? "truncated" : "complete") < 0) fail_errno("what was written cannot be told");
}

bool is_empty(int directory) {
  DIR *listing = list_directory(directory, ".");
  bool result = !next_name(listing);
  closedir(listing);
  return result;
}
