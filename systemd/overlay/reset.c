#define _GNU_SOURCE
#include "reset.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instances.h"
#include "links.h"
#include "order.h"
#include "report.h"

bool is_archive_id(const char *text) {
  static const char form[] = "dddddddd" "T" "dddddd" "Z-" "hhhh"; // a digit, a hexadecimal digit, itself
  for (size_t index = 0; index < sizeof form; index++) {
    const char *allowed = form[index] == 'd' ? "0123456789" : form[index] == 'h' ? "0123456789abcdef" : NULL;
    if (allowed ? !text[index] || !strchr(allowed, text[index]) : text[index] != form[index]) return false;
  }
  return true;
}

/* The text of a link of the order. False: there is no such link. What is too long is refused. */
static bool read_link(int directory, const char *link, char *text, size_t size, const char *name) {
  ssize_t length = readlinkat(directory, link, text, size);
  if (length < 0 && errno == ENOENT) return false;
  if (length < 0 || (size_t)length == size) fail(REFUSED, "%s of the order for %s is no link, or too long", link, name);
  text[length] = '\0';
  return true;
}

static void read_globs(int directory, struct reset_order *order, const char *name) {
  char number[16];
  for (; order->count < MOST_GLOBS; order->count++) {
    char *glob = order->globs[order->count];
    snprintf(number, sizeof number, "%03d", order->count);
    if (!read_link(directory, number, glob, LONGEST_GLOB, name)) return;
    if (glob[0] == '\0' || glob[0] == '/' || strstr(glob, "//")) fail(REFUSED, "pattern %s of the reset order of %s is none", number, name);
  }
}

static bool is_build(const char *text) {
  return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

/* -1: there is no such instance. Whether there is one is asked with the rights of left4me, and by way of no link. */
static int open_instance(const char *name) {
  int instances = open_instances();
  int instance = instances < 0 ? -1 : open_as_left4me(instances, name, RESOLVE_NO_SYMLINKS);
  if (instance < 0 && errno != ENOENT) fail(REFUSED, "instances/%s is not the directory of an instance", name);
  if (instances >= 0) close(instances);
  return instance;
}

void read_reset_order(const char *name, struct reset_order *order) {
  char number[8];
  int instance = open_instance(name);
  order->keep = -1;
  if (instance < 0) {
    order->keep = 0;
    return;
  }
  int directory = open_as_left4me(instance, "reset", RESOLVE_NO_SYMLINKS);
  if (directory < 0 && errno != ENOENT) fail(REFUSED, "instances/%s/reset is not a reset order", name);
  close(instance);
  if (directory < 0) return;
  read_globs(directory, order, name);
  if (read_link(directory, "archive", order->archive, sizeof order->archive, name) && !is_archive_id(order->archive))
    fail(REFUSED, "the reset order of %s names an archive whose id is none", name);
  if (read_link(directory, "build", order->build, sizeof order->build, name) && !is_build(order->build))
    fail(REFUSED, "the reset order of %s names a build that is none", name);
  if (read_link(directory, "keep", number, sizeof number, name)) {
    order->keep = number[0] && number[strspn(number, "0123456789")] == '\0' ? atoi(number) : -1;
    if (order->keep < 0 || order->keep > MOST_KEPT) fail(REFUSED, "the reset order of %s keeps a number of archives that is none", name);
  }
  close(directory);
}

void read_archive_order(const char *name, const char *verb, char *id) {
  int directory = open_instance(name);
  if (directory < 0) fail(REFUSED, "there is no instance %s", name);
  if (!read_link(directory, verb, id, LONGEST_ID, name) || !is_archive_id(id))
    fail(REFUSED, "instances/%s/%s names no archive", name, verb);
  close(directory);
}
