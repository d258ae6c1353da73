#define _GNU_SOURCE
#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

#define SLICE "/sys/fs/cgroup/left4me.slice"

static char text[3000];

static void add(const char *format, const char *first, const char *second) {
  size_t length = strlen(text);
  if (length > 0 && length + 1 < sizeof text) text[length++] = ',';
  snprintf(text + length, sizeof text - length, format, first, second);
}

static FILE *open_of_game(const char *name, const char *file) {
  char path[256];
  snprintf(path, sizeof path, SLICE "/left4me-server@%s.service/%s", name, file);
  return fopen(path, "re");
}

bool is_in_use(const char *name) {
  char line[64];
  bool populated = false;
  FILE *events = open_of_game(name, "cgroup.events");
  if (!events) return false;
  while (fgets(line, sizeof line, events)) populated |= strcmp(line, "populated 1\n") == 0;
  fclose(events);
  return populated;
}

/* The name that a process gave itself; whatever would end a line becomes a blank. */
static void read_command(const char *pid, char *command, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
  FILE *file = fopen(path, "re");
  if (!file || !fgets(command, (int)size, file)) command[0] = '\0';
  if (file) fclose(file);
  command[strcspn(command, "\n")] = '\0';
  for (char *letter = command; *letter; letter++)
    if (iscntrl((unsigned char)*letter)) *letter = ' ';
}

static void add_process(const char *format, const char *pid) {
  char command[32];
  read_command(pid, command, sizeof command);
  add(format, pid, command);
}

const char *game_processes(const char *name) {
  char pid[32];
  FILE *processes = open_of_game(name, "cgroup.procs");
  text[0] = '\0';
  while (processes && fgets(pid, sizeof pid, processes)) {
    pid[strcspn(pid, "\n")] = '\0';
    add_process("pid %s (%s)", pid);
  }
  if (processes) fclose(processes);
  return *text ? text : "a process of its unit";
}

/* The mount on which a path lies; 0: it cannot be seen. A link of /proc leads to where its process has it. */
static unsigned long long mount_of(int at, const char *path, int flags) {
  struct statx status;
  return statx(at, path, flags, STATX_MNT_ID, &status) == 0 ? status.stx_mnt_id : 0;
}

/* Whether one of the links in a directory of a process leads to the mount. */
static bool has_link_to(int process, const char *directory, unsigned long long mount) {
  struct dirent *found;
  bool result = false;
  int descriptor = openat(process, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *listing = descriptor < 0 ? NULL : fdopendir(descriptor);
  while (listing && !result && (found = readdir(listing))) result = found->d_name[0] != '.' && mount_of(descriptor, found->d_name, 0) == mount;
  if (listing) closedir(listing);
  return result;
}

static bool holds(int process, unsigned long long mount) {
  for (const char **link = (const char *[]){"cwd", "root", "exe", NULL}; *link; link++)
    if (mount_of(process, *link, 0) == mount) return true;
  return has_link_to(process, "fd", mount) || has_link_to(process, "map_files", mount);
}

static void add_mounts_below(const char *name) {
  char *line = NULL, path[4096], below[256];
  size_t size = 0;
  snprintf(below, sizeof below, STORE "/runtime/%s/merged/", name);
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  while (mounts && getline(&line, &size, mounts) > 0)
    if (sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1 && strncmp(path, below, strlen(below)) == 0) add("mounted on: %s%s", path, "");
  free(line);
  if (mounts) fclose(mounts);
}

const char *mount_holders(const struct upper *upper) {
  struct dirent *found;
  unsigned long long mount = mount_of(upper->here, "merged", AT_SYMLINK_NOFOLLOW);
  DIR *processes = opendir("/proc");
  text[0] = '\0';
  while (processes && (found = readdir(processes))) {
    if (!isdigit((unsigned char)found->d_name[0])) continue;
    int process = openat(dirfd(processes), found->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process >= 0 && holds(process, mount)) add_process("held by pid %s (%s)", found->d_name);
    if (process >= 0) close(process);
  }
  if (processes) closedir(processes);
  add_mounts_below(upper->name);
  return *text ? text : "the holder cannot be seen";
}
