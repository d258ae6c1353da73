#define _GNU_SOURCE
#include "order.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "layout.h"
#include "report.h"

/* One of the places that layers come from. */
static bool is_of_the_store(const char *path) {
  const char *below = behind(path, STORE "/"), *id;
  if (!below || !is_plain(below)) return false;
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

static void check_layers(const char *name, const struct order *order) {
  char own[256];
  const struct layers *layers = &order->layers;
  if (layers->count < 2) fail(REFUSED, "mount order %u has %d layers; its own two are missing", order->generation, layers->count);
  snprintf(own, sizeof own, STORE "/instances/%s/mount/%u/launch", name, order->generation);
  if (strcmp(layers->paths[0], own) != 0) fail(REFUSED, "layer 000 of mount order %u is not its directory \"launch\"", order->generation);
  snprintf(own, sizeof own, STORE "/instances/%s/gen/%u/layer", name, order->generation);
  if (strcmp(layers->paths[1], own) != 0)
    fail(REFUSED, "layer 001 of mount order %u is not the layer of generation %u", order->generation, order->generation);
  for (int index = 2; index < layers->count; index++)
    if (!is_of_the_store(layers->paths[index]))
      fail(REFUSED, "layer %03d of mount order %u is not a directory of the store", index, order->generation);
}

/* The managed files' directory; -1: there is none, or what stands for it leads elsewhere. */
static int open_managed(const struct order *order) {
  return open_as_left4me(order->layers.descriptors[1], "left4dead2/cfg", RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}

void read_order(const char *name, struct order *order) {
  char path[256];
  snprintf(path, sizeof path, STORE "/instances/%s/current", name);
  int current = open_as_left4me(AT_FDCWD, path, 0);
  if (current < 0) fail(REFUSED, "instances/%s/current is not a mount order", name);
  snprintf(path, sizeof path, STORE "/instances/%s/mount/", name);
  const char *place = place_of(current), *number = place ? behind(place, path) : NULL;
  order->directory = current;
  order->generation = number ? generation_of(number) : 0;
  if (order->generation == 0) fail(REFUSED, "instances/%s/current does not lead to a mount order of %s", name, name);
  if (!open_layers(current, &order->layers)) fail(REFUSED, "mount order %u has more than %d layers", order->generation, MOST_LAYERS);
  check_layers(name, order);
  order->managed = open_managed(order);
  order->is_volatile = has_entry(current, "volatile");
}
