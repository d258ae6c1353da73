#define _GNU_SOURCE
#include "upper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "trash.h"

struct game_user {
  uid_t uid;
  gid_t gid;
};

/* /etc/passwd itself: what PID 1 made at the installation, and no service that may be away. */
static struct game_user find_game_user(void) {
  struct passwd *entry;
  FILE *accounts = fopen("/etc/passwd", "re");
  if (!accounts) fail_errno("/etc/passwd cannot be read");
  while ((entry = fgetpwent(accounts)))
    if (strcmp(entry->pw_name, "left4me-game") == 0) {
      fclose(accounts);
      return (struct game_user){entry->pw_uid, entry->pw_gid};
    }
  fail(FAILED, "there is no user left4me-game in /etc/passwd");
}

/* Reads the first line of a file of root's; "" when there is none. */
static void read_line(int directory, const char *file, char *line, size_t size) {
  int descriptor = openat(directory, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  ssize_t length = descriptor < 0 ? 0 : read(descriptor, line, size - 1);
  if (descriptor >= 0) close(descriptor);
  line[length < 0 ? 0 : length] = '\0';
  line[strcspn(line, "\n")] = '\0';
}

static void write_line(int directory, const char *file, const char *line) {
  int descriptor = openat(directory, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (descriptor < 0 || dprintf(descriptor, "%s\n", line) < 0 || fsync(descriptor) != 0) fail_errno("%s cannot be written", file);
  close(descriptor);
}

static bool has_entry(int directory, const char *path) {
  struct stat status;
  return fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static void make_directory(int at, const char *path, mode_t mode) {
  if (mkdirat(at, path, mode) != 0 && errno != EEXIST) fail_errno("%s cannot be made", path);
}

bool open_upper(const char *name, struct upper *upper) {
  struct stat status;
  *upper = (struct upper){.name = name, .runtime = open_runtime()};
  upper->here = openat(upper->runtime, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (upper->here >= 0 && fstat(upper->here, &status) == 0 && status.st_uid == 0) return true;
  if (upper->here >= 0) close(upper->here);
  upper->here = -1;
  return false;
}

/* Makes the directories; the format is on the disk before there is an upper, none is without one. */
static void settle_directories(struct upper *upper) {
  char wanted[160], found[201];
  struct stat status;
  struct game_user game = find_game_user();
  // The ids are part of it: another user could not use the files.
  snprintf(wanted, sizeof wanted, "driver=systemd xattr=trusted uid=%u gid=%u", game.uid, game.gid);
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
  if (directory < 0 && errno != ENOENT) remove_entry(upper->runtime, at, step, upper->name);
  return directory;
}

/* An old copy in upper would hide the generated file. */
static void remove_managed(const struct upper *upper, const struct order *order) {
  struct dirent *found;
  int top = openat(upper->here, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (top < 0) fail_errno("upper cannot be opened");
  remove_entry(upper->runtime, top, ".left4me", upper->name);
  remove_entry(upper->runtime, top, ".left4me-quit", upper->name); // left4me-launch's: a game that has quit may run again
  if (order->managed < 0) return;
  int game = descend(upper, top, "left4dead2"), cfg = game < 0 ? -1 : descend(upper, game, "cfg");
  if (cfg < 0) return;
  DIR *listing = fdopendir(openat(order->managed, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing) fail_errno("the managed files cannot be listed");
  while ((found = readdir(listing)))
    if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
      remove_entry(upper->runtime, cfg, found->d_name, upper->name);
  closedir(listing);
}

/* Removes the kernel's mark of a volatile mount. */
static void remove_mark(int here) {
  unlinkat(here, "work/work/incompat/volatile/dirty", 0);
  unlinkat(here, "work/work/incompat/volatile", AT_REMOVEDIR);
  if (unlinkat(here, "work/work/incompat", AT_REMOVEDIR) != 0) fail_errno("the mark of a volatile mount cannot be removed");
}

/*
 * The kernel refuses an upper whose last mount was volatile, because a crash may have left holes in it. Within one boot there was
 * no crash; after another boot it is set aside, and the message says so.
 */
static void settle_volatile(struct upper *upper, bool is_volatile) {
  char boot[64], was[64];
  read_line(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  if (has_entry(upper->here, "work/work/incompat/volatile")) {
    read_line(upper->here, "volatile", was, sizeof was);
    if (strcmp(was, boot) == 0) {
      remove_mark(upper->here);
      if (!is_volatile && syncfs(upper->here) != 0) fail_errno("what the game wrote cannot be brought to the disk");
    } else {
      note("%s ran volatile when the host went down: what it wrote is discarded", upper->name);
      upper->was_discarded = true;
      set_aside(upper->runtime, upper->here, "upper", upper->name);
      set_aside(upper->runtime, upper->here, "work", upper->name);
      settle_directories(upper);
    }
  }
  if (is_volatile) write_line(upper->here, "volatile", boot);
}

void prepare_upper(struct upper *upper, const struct order *order) {
  if (upper->here < 0) {
    make_directory(upper->runtime, upper->name, 0700);
    if (!open_upper(upper->name, upper))
      fail(INCOMPATIBLE, STORE "/runtime/%s does not belong to root: it was made by another driver; reset the instance", upper->name);
  }
  settle_directories(upper);
  remove_managed(upper, order);
  settle_volatile(upper, order->is_volatile);
}
