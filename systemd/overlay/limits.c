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

#include "files.h"
#include "instances.h"
#include "layout.h"
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
enum { LIMITS = sizeof limits / sizeof *limits };

/* "PROPERTY=NUMBER", and nothing else: the index of the limit, -1 for any other name. */
static int parse(const char *entry, long long *value) {
  for (int index = 0; index < LIMITS; index++) {
    const struct limit *limit = &limits[index];
    size_t length = strlen(limit->property);
    if (strncmp(entry, limit->property, length) != 0 || entry[length] != '=') continue;
    const char *number = entry + length + 1, *digits = number + (*number == '-');
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > MOST_DIGITS || digits[count] != '\0') return -1;
    *value = strtoll(number, NULL, 10);
    return *value >= limit->least && *value <= limit->most ? index : -1;
  }
  return -1;
}

/* The drop-in's text; "" when there are no limits. In the order of the table, whatever the order of the names. */
static void wanted_text(const char *name, int order, char *text) {
  bool wanted[LIMITS] = {false};
  long long values[LIMITS] = {0}, value;
  const char *entry;
  text[0] = '\0';
  if (!has_entry(order, "limits")) return;
  DIR *listing = list_directory(order, "limits");
  while ((entry = next_name(listing))) {
    int limit = parse(entry, &value);
    if (limit < 0 || wanted[limit]) fail(REFUSED, "the mount order of %s has a limit that is none, out of its range, or twice there", name);
    wanted[limit] = true;
    values[limit] = value;
  }
  closedir(listing);
  for (int index = 0, length = 0; index < LIMITS; index++) {
    if (!wanted[index]) continue;
    const char *head = length == 0 ? "# Written by left4me-overlay: the limits of the instance's specification.\n[Service]\n" : "";
    length += snprintf(text + length, LONGEST_TEXT - (size_t)length, "%s%s=%lld%s\n", head, limits[index].property, values[index],
                       limits[index].unit);
  }
}

static void make_readable_directory(const char *path) {
  if ((mkdir(path, 0755) != 0 && errno != EEXIST) || chmod(path, 0755) != 0) fail_errno("%s cannot be made", path);
}

static void write_text(const char *directory, const char *path, const char *text) {
  char temporary[NAME_MAX + 128];
  snprintf(temporary, sizeof temporary, "%s/.new", directory);
  make_readable_directory(SETTINGS);
  make_readable_directory(directory);
  int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0 || dprintf(file, "%s", text) < 0 || fchmod(file, 0644) != 0 || fsync(file) != 0 || rename(temporary, path) != 0)
    fail_errno("%s cannot be written", path);
  close(file);
}

/* The directory stays when an administrator's lies there as well. */
static void remove_text(const char *directory, const char *path) {
  char temporary[NAME_MAX + 128];
  snprintf(temporary, sizeof temporary, "%s/.new", directory);
  unlink(path);
  unlink(temporary);
  rmdir(directory);
}

/* Has PID 1 read its files anew. Units go on running. */
static void reload(void) {
  char *const arguments[] = {"systemctl", "--no-ask-password", "daemon-reload", NULL};
  char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
  pid_t child;
  int status;
  if (posix_spawn(&child, "/usr/bin/systemctl", NULL, NULL, arguments, environment) != 0 || waitpid(child, &status, 0) != child ||
      status != 0)
    fail(FAILED, "systemd could not be told of changed limits: systemctl daemon-reload failed");
}

/* A mark that stands from before a change until PID 1 knows of it: whoever is killed in between leaves it. */
static void mark_path(const char *name, char *path, size_t size) {
  snprintf(path, size, RUN "/locks/reload@%s", name);
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
  read_text(AT_FDCWD, path, found, sizeof found);
  if (strcmp(wanted, found) != 0) {
    mark(name);
    if (*wanted) write_text(directory, path, wanted);
    else remove_text(directory, path);
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

void forget_limits(int instances) {
  const char *entry;
  if (!has_entry(AT_FDCWD, SETTINGS)) return;
  DIR *listing = list_directory(AT_FDCWD, SETTINGS);
  while ((entry = next_name(listing))) {
    char instance[NAME_MAX + 1], directory[NAME_MAX + 64], path[NAME_MAX + 128];
    if (!instance_of(entry, instance, sizeof instance)) continue;
    if (!is_gone(instances, instance)) continue;
    snprintf(directory, sizeof directory, SETTINGS "/%s", entry);
    snprintf(path, sizeof path, "%s/50-left4me-limits.conf", directory);
    if (!has_entry(AT_FDCWD, path)) continue;
    mark("");
    remove_text(directory, path);
  }
  closedir(listing);
  reload_if_marked("");
}
