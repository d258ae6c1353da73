#define _GNU_SOURCE
#include "links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"
#include "report.h"

int open_as_left4me(int at, const char *path, unsigned long long resolve) {
  static struct account daemon;
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS | resolve};
  if (daemon.uid == 0) daemon = find_account("left4me");
  if (daemon.uid == 0) fail(FAILED, "left4me is root");
  take_rights(daemon);
  int result = (int)syscall(SYS_openat2, at, path, &how, sizeof how);
  int error = errno;
  take_rights((struct account){0, 0});
  errno = error;
  return result;
}

char *place_of(int descriptor) {
  char link[64], place[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, place, sizeof place);
  return length < 0 || (size_t)length == sizeof place ? NULL : strndup(place, (size_t)length);
}

const char *behind(const char *path, const char *prefix) {
  size_t length = strlen(prefix);
  return strncmp(path, prefix, length) == 0 ? path + length : NULL;
}

bool is_plain(const char *path) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=._/-";
  return path[strspn(path, allowed)] == '\0';
}

/* How many entries of a directory are numbers. */
static int count_numbers(int directory) {
  const char *name;
  int count = 0;
  DIR *listing = list_directory(directory, ".");
  while ((name = next_name(listing))) count += strlen(name) == 3 && strspn(name, "0123456789") == 3;
  closedir(listing);
  return count;
}

bool open_layers(int directory, struct layers *layers) {
  char number[16];
  layers->count = count_numbers(directory);
  if (layers->count > MOST_LAYERS) return false;
  for (int index = 0; index < layers->count; index++) {
    snprintf(number, sizeof number, "%03d", index);
    layers->descriptors[index] = open_as_left4me(directory, number, 0);
    layers->paths[index] = layers->descriptors[index] < 0 ? NULL : place_of(layers->descriptors[index]);
    if (!layers->paths[index]) layers->paths[index] = "";
  }
  return true;
}
