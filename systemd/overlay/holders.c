#define _GNU_SOURCE
#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "files.h"
#include "report.h"

#define SLICE "/sys/fs/cgroup/left4me.slice"

/* The answer, made of parts with commas between them; what does not fit is left out. */
static char text[3000];

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...) {
  size_t length = strlen(text);
  if (length > 0 && length + 1 < sizeof text) text[length++] = ',';
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, sizeof text - length, format, arguments);
  va_end(arguments);
}

const char *game_group(const char *name) {
  static char group[256];
  snprintf(group, sizeof group, SLICE "/left4me-server@%s.service", name);
  return group;
}

/* NULL: the unit has no control group. */
static FILE *open_of_group(const char *group, const char *file) {
  char path[320];
  snprintf(path, sizeof path, "%s/%s", group, file);
  FILE *opened = fopen(path, "re");
  if (!opened && errno != ENOENT) fail_errno("the control group of %s cannot be read", strrchr(group, '/') + 1);
  return opened;
}

bool is_in_use(const char *group) {
  char line[64];
  bool populated = false;
  FILE *events = open_of_group(group, "cgroup.events");
  if (!events) return false;
  while (fgets(line, sizeof line, events)) populated |= strcmp(line, "populated 1\n") == 0;
  fclose(events);
  return populated;
}

/* The name that a process gave itself; whatever would end a line becomes a blank. */
static void read_command(const char *pid, char *command, int size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
  FILE *file = fopen(path, "re");
  if (!file || !fgets(command, size, file)) command[0] = '\0';
  if (file) fclose(file);
  command[strcspn(command, "\n")] = '\0';
  for (char *letter = command; *letter; letter++)
    if (iscntrl((unsigned char)*letter)) *letter = ' ';
}

const char *processes_of(const char *group) {
  char pid[32], command[32];
  FILE *processes = open_of_group(group, "cgroup.procs");
  text[0] = '\0';
  while (processes && fgets(pid, sizeof pid, processes)) {
    pid[strcspn(pid, "\n")] = '\0';
    read_command(pid, command, sizeof command);
    add("pid %s (%s)", pid, command);
  }
  if (processes) fclose(processes);
  return *text ? text : "a process of its unit";
}

/* What tells a mount: its id, and, for the copies of it in other namespaces, its device. */
struct mount {
  unsigned long long id;
  dev_t device;
};

/* The mount on which a path lies; a link of /proc leads to where its process has it. False: it cannot be seen. */
static bool find_mount(int at, const char *path, int flags, struct mount *mount) {
  struct statx status;
  if (statx(at, path, flags | AT_STATX_DONT_SYNC, STATX_MNT_ID, &status) != 0 || !(status.stx_mask & STATX_MNT_ID)) return false;
  *mount = (struct mount){status.stx_mnt_id, makedev(status.stx_dev_major, status.stx_dev_minor)};
  return true;
}

static bool leads_to(int at, const char *link, const struct mount *wanted) {
  struct mount found;
  return find_mount(at, link, 0, &found) && (found.id == wanted->id || found.device == wanted->device);
}

/* Whether one of the links in a directory of a process leads to the mount. */
static bool has_link_to(int process, const char *directory, const struct mount *mount) {
  struct dirent *found;
  bool result = false;
  int descriptor = openat(process, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *listing = descriptor < 0 ? NULL : fdopendir(descriptor);
  if (!listing) return false; // the process is gone
  while (!result && (found = readdir(listing))) {
    if (found->d_name[0] != '.') result = leads_to(descriptor, found->d_name, mount);
  }
  closedir(listing);
  return result;
}

static bool holds(int process, const struct mount *mount) {
  return leads_to(process, "cwd", mount) || leads_to(process, "root", mount) || leads_to(process, "exe", mount) ||
         has_link_to(process, "fd", mount) || has_link_to(process, "map_files", mount);
}

static void add_processes(const struct mount *mount) {
  const char *pid;
  char command[32];
  DIR *processes = list_directory(AT_FDCWD, "/proc");
  while ((pid = next_name(processes))) {
    if (!isdigit((unsigned char)pid[0])) continue;
    int process = openat(dirfd(processes), pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process < 0) continue;
    if (holds(process, mount)) {
      read_command(pid, command, sizeof command);
      add("held by pid %s (%s)", pid, command);
    }
    close(process);
  }
  closedir(processes);
}

static void add_mounts_below(const char *place) {
  char *line = NULL, path[4096], below[256];
  size_t size = 0;
  snprintf(below, sizeof below, "%s/merged/", place);
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  if (!mounts) return;
  while (getline(&line, &size, mounts) > 0)
    if (sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1 && strncmp(path, below, strlen(below)) == 0) add("mounted on: %s", path);
  free(line);
  fclose(mounts);
}

const char *mount_holders(int here, const char *place) {
  struct mount mount;
  text[0] = '\0';
  if (find_mount(here, "merged", AT_SYMLINK_NOFOLLOW, &mount)) {
    add_processes(&mount);
    add_mounts_below(place);
  }
  return *text ? text : "the holder cannot be seen";
}
