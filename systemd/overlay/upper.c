#define _GNU_SOURCE
#include "upper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "layout.h"
#include "report.h"
#include "trash.h"

void read_line(int directory, const char *file, char *line, size_t size) {
  read_text(directory, file, line, size);
  line[strcspn(line, "\n")] = '\0';
}

void write_line(int directory, const char *file, const char *line) {
  int descriptor = openat(directory, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (descriptor < 0 || dprintf(descriptor, "%s\n", line) < 0 || fsync(descriptor) != 0) fail_errno("%s cannot be written", file);
  close(descriptor);
}

static void make_directory(int at, const char *path, mode_t mode) {
  if (mkdirat(at, path, mode) != 0 && errno != EEXIST) fail_errno("%s cannot be made", path);
}

/* Opens runtime/NAME when it is root's. -1: it is not there, or not of this driver. */
static int open_here(int runtime, const char *name) {
  struct stat status;
  int here = openat(runtime, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (here < 0 || (fstat(here, &status) == 0 && status.st_uid == 0)) return here;
  close(here);
  return -1;
}

struct upper open_upper(const char *name) {
  int runtime = open_runtime();
  return (struct upper){.name = name, .runtime = runtime, .here = open_here(runtime, name)};
}

void wanted_format(char *format) {
  struct account game = find_account("left4me-game");
  // The ids are part of it: another user could not use the files.
  snprintf(format, LONGEST_FORMAT, "driver=systemd xattr=trusted uid=%u gid=%u", game.uid, game.gid);
}

bool is_of_this_driver(const struct upper *upper) {
  char wanted[LONGEST_FORMAT], found[LONGEST_FORMAT];
  wanted_format(wanted);
  read_line(upper->here, "format", found, sizeof found);
  return strcmp(found, wanted) == 0;
}

/* The format is on the disk before there is an upper, none is without one. */
void settle_directories(struct upper *upper) {
  char wanted[LONGEST_FORMAT], found[LONGEST_FORMAT];
  struct stat status;
  struct account game = find_account("left4me-game");
  wanted_format(wanted);
  if (!has_entry(upper->here, "upper")) {
    write_line(upper->here, "format", wanted);
    make_directory(upper->here, "work", 0750);
    make_directory(upper->here, "merged", 0750);
    make_directory(upper->here, "upper", 0750);
  }
  read_line(upper->here, "format", found, sizeof found);
  if (strcmp(found, wanted) != 0)
    fail(INCOMPATIBLE,
         "what the game wrote (" STORE "/runtime/%s/upper) has the format \"%s\", this driver needs \"%s\": reset the instance",
         upper->name, found, wanted);
  if (fstatat(upper->here, "upper", &status, AT_SYMLINK_NOFOLLOW) != 0) fail_errno("upper cannot be read");
  if (status.st_uid == 0 && fchownat(upper->here, "upper", game.uid, game.gid, AT_SYMLINK_NOFOLLOW) != 0)
    fail_errno("upper cannot be given to left4me-game");
}

/* Opens a directory on the way to the managed files; what is none hides them, and goes. -1: there is no such directory. */
static int descend(const struct upper *upper, int at, const char *step) {
  int directory = openat(at, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory >= 0 || errno == ENOENT) return directory;
  if (errno != ENOTDIR && errno != ELOOP) fail_errno("%s cannot be opened in what %s wrote", step, upper->name);
  remove_entry(upper->runtime, at, step, upper->name);
  return -1;
}

/* An old copy in upper would hide the generated file. */
static void remove_managed(const struct upper *upper, const struct order *order) {
  const char *file;
  int top = openat(upper->here, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (top < 0) fail_errno("upper cannot be opened");
  remove_entry(upper->runtime, top, ".left4me", upper->name);
  remove_entry(upper->runtime, top, ".left4me-quit", upper->name); // left4me-launch's: a game that has quit may run again
  if (order->managed < 0) return;
  int game = descend(upper, top, "left4dead2"), cfg = game < 0 ? -1 : descend(upper, game, "cfg");
  if (cfg < 0) return;
  DIR *listing = list_directory(order->managed, ".");
  while ((file = next_name(listing))) remove_entry(upper->runtime, cfg, file, upper->name);
  closedir(listing);
}

/* Removes the kernel's mark of a volatile mount; without it the kernel would refuse the next one. */
static void remove_mark(const struct upper *upper) {
  static const char *const steps[] = {"work/work/incompat/volatile/dirty", "work/work/incompat/volatile", "work/work/incompat"};
  for (size_t index = 0; index < sizeof steps / sizeof *steps; index++)
    if (unlinkat(upper->here, steps[index], index == 0 ? 0 : AT_REMOVEDIR) != 0 && errno != ENOENT)
      fail_errno("the mark of a volatile mount of %s cannot be removed", upper->name);
}

static void discard(struct upper *upper) {
  note("%s ran volatile when the host went down: what it wrote is discarded", upper->name);
  upper->was_discarded = true;
  set_aside(upper->runtime, upper->here, "upper", upper->name);
  set_aside(upper->runtime, upper->here, "work", upper->name);
  settle_directories(upper);
}

static void read_boot(char *boot, size_t size) {
  read_line(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, size);
}

bool is_lost(const struct upper *upper) {
  char boot[64], was[64];
  read_boot(boot, sizeof boot);
  read_line(upper->here, "volatile", was, sizeof was);
  return (was[0] || has_entry(upper->here, "work/work/incompat/volatile")) && strcmp(was, boot) != 0;
}

/* In this order: a mark without the file would say that the host went down while this was mounted. */
void make_durable(const struct upper *upper) {
  if (!has_entry(upper->here, "volatile")) return;
  if (syncfs(upper->here) != 0) fail_errno("what %s wrote cannot be brought to the disk", upper->name);
  remove_mark(upper);
  if (unlinkat(upper->here, "volatile", 0) != 0 || fsync(upper->here) != 0) fail_errno("%s cannot be marked as durable", upper->name);
}

/* The file `volatile` is on the disk before the first such mount, and goes when everything is on the disk. */
static void settle_volatile(struct upper *upper, bool is_volatile) {
  char boot[64], was[64];
  if (is_lost(upper)) discard(upper);
  if (!is_volatile) return make_durable(upper);
  remove_mark(upper);
  read_boot(boot, sizeof boot);
  read_line(upper->here, "volatile", was, sizeof was);
  if (strcmp(was, boot) != 0) write_line(upper->here, "volatile", boot);
}

void prepare_upper(struct upper *upper, const struct order *order) {
  if (upper->here < 0) {
    make_directory(upper->runtime, upper->name, 0700);
    upper->here = open_here(upper->runtime, upper->name);
    if (upper->here < 0)
      fail(INCOMPATIBLE, STORE "/runtime/%s does not belong to root: it was made by another driver; reset the instance", upper->name);
  }
  settle_directories(upper);
  settle_volatile(upper, order->is_volatile);
  remove_managed(upper, order);
}
