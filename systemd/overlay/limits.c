#define _GNU_SOURCE
#include "limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

/* Where systemd keeps what was set by a call; it outlives a boot. */
#define SETTINGS "/etc/systemd/system.control"
#define UNIT_PREFIX "left4me-server@"
#define UNIT_SUFFIX ".service.d"

enum { MOST_DIGITS = 18, LONGEST_TEXT = 512 };

/* What may be limited; the contract's ranges. */
static const struct limit {
  const char *property;
  long long least, most;
  const char *unit;
} limits[] = {
    {"MemoryHigh", 1, 999999999999999999, ""},
    {"MemoryMax", 1, 999999999999999999, ""},
    {"TasksMax", 1, 65536, ""},
    {"CPUQuota", 1, 102400, "%"},
    {"Nice", -20, 19, ""},
};

/* "PROPERTY=NUMBER", and nothing else; false for any other name. */
static bool parse(const char *entry, const struct limit **limit, long long *value) {
  const char *equals = strchr(entry, '=');
  for (size_t index = 0; equals && index < sizeof limits / sizeof *limits; index++) {
    *limit = &limits[index];
    if (strlen((*limit)->property) != (size_t)(equals - entry) || strncmp(entry, (*limit)->property, (size_t)(equals - entry)) != 0) continue;
    const char *digits = equals + 1 + (equals[1] == '-');
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || length > MOST_DIGITS || digits[length] != '\0') return false;
    *value = strtoll(equals + 1, NULL, 10);
    return *value >= (*limit)->least && *value <= (*limit)->most;
  }
  return false;
}

/* The drop-in's text; "" when there are no limits. In the order of the table, whatever the order of the names. */
static void wanted_text(const char *name, int order, char *text) {
  bool wanted[sizeof limits / sizeof *limits] = {false};
  long long values[sizeof limits / sizeof *limits];
  struct dirent *found;
  text[0] = '\0';
  int directory = openat(order, "limits", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0 && errno != ENOENT) fail(REFUSED, "\"limits\" in the mount order of %s is no directory", name);
  DIR *listing = directory < 0 ? NULL : fdopendir(directory);
  while (listing && (found = readdir(listing))) {
    const struct limit *limit;
    long long value;
    if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0) continue;
    if (!parse(found->d_name, &limit, &value)) fail(REFUSED, "the mount order of %s has a limit that is none, or out of its range", name);
    wanted[limit - limits] = true;
    values[limit - limits] = value;
  }
  if (listing) closedir(listing);
  for (size_t index = 0, length = 0; index < sizeof limits / sizeof *limits; index++) {
    if (!wanted[index]) continue;
    if (length == 0) length = (size_t)snprintf(text, LONGEST_TEXT, "# Written by left4me-overlay: the limits of the instance's specification.\n[Service]\n");
    length += (size_t)snprintf(text + length, LONGEST_TEXT - length, "%s=%lld%s\n", limits[index].property, values[index], limits[index].unit);
  }
}

static void read_text(const char *path, char *text) {
  int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t length = file < 0 ? 0 : read(file, text, LONGEST_TEXT - 1);
  if (file >= 0) close(file);
  text[length < 0 ? 0 : length] = '\0';
}

static void write_text(const char *directory, const char *path, const char *text) {
  char temporary[320];
  snprintf(temporary, sizeof temporary, "%s/.new", directory);
  if ((mkdir(SETTINGS, 0755) != 0 && errno != EEXIST) || (mkdir(directory, 0755) != 0 && errno != EEXIST)) fail_errno("%s cannot be made", directory);
  int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0 || dprintf(file, "%s", text) < 0 || fchmod(file, 0644) != 0 || fsync(file) != 0 || rename(temporary, path) != 0)
    fail_errno("%s cannot be written", path);
  close(file);
  chmod(directory, 0755);
}

/* Has PID 1 read its files anew. Running units do not notice. */
static void reload(void) {
  char *const arguments[] = {"systemctl", "--no-ask-password", "daemon-reload", NULL};
  char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
  pid_t child;
  int status;
  if (posix_spawn(&child, "/usr/bin/systemctl", NULL, NULL, arguments, environment) != 0 || waitpid(child, &status, 0) != child || status != 0)
    fail(FAILED, "systemd could not be told of changed limits: systemctl daemon-reload failed");
}

/* A mark that stands from before a change until PID 1 knows of it: whoever is killed in between leaves it. */
static void mark_path(const char *name, char *path, size_t size) {
  snprintf(path, size, RUN "/reload@%s", name);
}

static void mark(const char *name) {
  char path[256];
  mark_path(name, path, sizeof path);
  int file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) fail_errno("%s cannot be written", path);
  close(file);
}

static void reload_if_marked(const char *name) {
  char path[256];
  mark_path(name, path, sizeof path);
  if (access(path, F_OK) != 0) return;
  reload();
  unlink(path);
}

void settle_limits(const char *name, int order) {
  char directory[256], path[300], wanted[LONGEST_TEXT], found[LONGEST_TEXT];
  snprintf(directory, sizeof directory, SETTINGS "/" UNIT_PREFIX "%s" UNIT_SUFFIX, name);
  snprintf(path, sizeof path, "%s/50-left4me-limits.conf", directory);
  wanted_text(name, order, wanted);
  read_text(path, found);
  if (strcmp(wanted, found) != 0) {
    mark(name);
    if (*wanted) {
      write_text(directory, path, wanted);
    } else {
      unlink(path);
      rmdir(directory); // unless an administrator's lies there as well
    }
  }
  reload_if_marked(name);
}

/* The instance that a directory of drop-ins is for; false when it is none of ours. */
static bool instance_of(const char *directory, char *instance, size_t size) {
  size_t length = strlen(directory), around = strlen(UNIT_PREFIX) + strlen(UNIT_SUFFIX);
  if (length <= around || strncmp(directory, UNIT_PREFIX, strlen(UNIT_PREFIX)) != 0) return false;
  if (strcmp(directory + length - strlen(UNIT_SUFFIX), UNIT_SUFFIX) != 0) return false;
  snprintf(instance, size, "%.*s", (int)(length - around), directory + strlen(UNIT_PREFIX));
  return true;
}

void forget_limits(void) {
  struct dirent *found;
  struct stat status;
  DIR *listing = opendir(SETTINGS);
  while (listing && (found = readdir(listing))) {
    char instance[NAME_MAX + 1], path[NAME_MAX + 128];
    if (!instance_of(found->d_name, instance, sizeof instance)) continue;
    snprintf(path, sizeof path, STORE "/instances/%s", instance);
    if (lstat(path, &status) == 0 || errno != ENOENT) continue;
    snprintf(path, sizeof path, SETTINGS "/%s/50-left4me-limits.conf", found->d_name);
    if (access(path, F_OK) != 0) continue;
    mark("");
    unlink(path);
    snprintf(path, sizeof path, SETTINGS "/%s", found->d_name);
    rmdir(path); // unless an administrator's lies there as well
  }
  if (listing) closedir(listing);
  reload_if_marked("");
}
