#define _GNU_SOURCE
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"
#include "layout.h"
#include "report.h"

/*
 * Opens a directory as left4me could: links lead through nothing that it may not enter, and through none of /proc, which would
 * lead into other namespaces. Never a device or a FIFO. -1: it cannot be opened.
 */
static int open_directory(int at, const char *path, unsigned long long resolve) {
  static struct account daemon;
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS | resolve};
  if (daemon.uid == 0) daemon = find_account("left4me");
  if (daemon.uid == 0) fail(FAILED, "left4me is root");
  setfsgid(daemon.gid);
  setfsuid(daemon.uid);
  if (setfsuid((uid_t)-1) != (int)daemon.uid) fail(FAILED, "the rights of left4me cannot be taken on");
  int result = (int)syscall(SYS_openat2, at, path, &how, sizeof how);
  setfsuid(0);
  setfsgid(0);
  return result;
}

/* Where a descriptor is, as the kernel tells it; NULL when that is longer than a path may be. */
static char *place_of(int descriptor) {
  char link[64], place[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, place, sizeof place);
  return length < 0 || (size_t)length == sizeof place ? NULL : strndup(place, (size_t)length);
}

/* The rest of a path behind a prefix; NULL when it begins otherwise. */
static const char *behind(const char *path, const char *prefix) {
  size_t length = strlen(prefix);
  return strncmp(path, prefix, length) == 0 ? path + length : NULL;
}

/* One of the places that layers come from. The characters exclude what the kernel adds to the path of a deleted directory. */
static bool is_of_the_store(const char *path) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=._/-";
  const char *below = behind(path, STORE "/"), *id;
  if (!below || below[strspn(below, allowed)] != '\0') return false;
  if (strcmp(below, "installation") == 0) return true;
  if ((id = behind(below, "overlays/"))) return *id != '\0';
  if ((id = behind(below, "layers/")) || (id = behind(below, "overlay-versions/"))) return *id != '\0' && !strchr(id, '/');
  return false;
}

/* "1" to "999999999", nothing else. 0: it is no such number. */
static unsigned generation_of(const char *text) {
  size_t length = strspn(text, "0123456789");
  if (length == 0 || length > 9 || text[length] != '\0' || text[0] == '0') return 0;
  return (unsigned)strtoul(text, NULL, 10);
}

/* How many entries of the order are numbers. */
static int count_numbers(int current) {
  const char *name;
  int count = 0;
  DIR *listing = list_directory(current, ".");
  while ((name = next_name(listing))) count += strlen(name) == 3 && strspn(name, "0123456789") == 3;
  closedir(listing);
  return count;
}

static void read_layers(int current, struct order *order) {
  char number[16];
  order->count = count_numbers(current);
  if (order->count > MOST_LAYERS) fail(REFUSED, "mount order %u has more than %d layers", order->generation, MOST_LAYERS);
  for (int index = 0; index < order->count; index++) {
    snprintf(number, sizeof number, "%03d", index);
    order->layers[index] = open_directory(current, number, 0);
    order->paths[index] = order->layers[index] < 0 ? NULL : place_of(order->layers[index]);
    if (!order->paths[index]) order->paths[index] = "";
  }
}

static void check_layers(const char *name, const struct order *order) {
  char own[256];
  if (order->count < 2) fail(REFUSED, "mount order %u has %d layers; its own two are missing", order->generation, order->count);
  snprintf(own, sizeof own, STORE "/instances/%s/mount/%u/launch", name, order->generation);
  if (strcmp(order->paths[0], own) != 0) fail(REFUSED, "layer 000 of mount order %u is not its directory \"launch\"", order->generation);
  snprintf(own, sizeof own, STORE "/instances/%s/gen/%u/layer", name, order->generation);
  if (strcmp(order->paths[1], own) != 0)
    fail(REFUSED, "layer 001 of mount order %u is not the layer of generation %u", order->generation, order->generation);
  for (int index = 2; index < order->count; index++)
    if (!is_of_the_store(order->paths[index]))
      fail(REFUSED, "layer %03d of mount order %u is not a directory of the store", index, order->generation);
}

/* The managed files' directory; -1: there is none, or what stands for it leads elsewhere. */
static int open_managed(const struct order *order) {
  return open_directory(order->layers[1], "left4dead2/cfg", RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}

void read_order(const char *name, struct order *order) {
  char path[256];
  snprintf(path, sizeof path, STORE "/instances/%s/current", name);
  int current = open_directory(AT_FDCWD, path, 0);
  if (current < 0) fail(REFUSED, "instances/%s/current is not a mount order", name);
  snprintf(path, sizeof path, STORE "/instances/%s/mount/", name);
  const char *place = place_of(current), *number = place ? behind(place, path) : NULL;
  order->directory = current;
  order->generation = number ? generation_of(number) : 0;
  if (order->generation == 0) fail(REFUSED, "instances/%s/current does not lead to a mount order of %s", name, name);
  read_layers(current, order);
  check_layers(name, order);
  order->managed = open_managed(order);
  order->is_volatile = has_entry(current, "volatile");
}
