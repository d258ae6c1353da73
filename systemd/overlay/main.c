/*
 * left4me-overlay mount|umount|wipe NAME - mounts, unmounts and discards what an instance runs on. Root, from PID 1 only.
 * left4me-overlay restore|drop|list NAME - puts an archive in the place of that, removes one, tells what a game wrote.
 * left4me-overlay stage|unstage|hand-over - mounts and takes down what the installer works in.
 * left4me-overlay sweep                  - deletes what wipes have set aside, and what is left of removed instances.
 *
 * The caller and everything below instances/, layers/ and stage/ are taken to be hostile; systemd/README.md has the format of what is read here,
 * docs/explanation/threat-model.md the attacks. Two rules carry it: whatever left4me owns is opened once, with left4me's rights, and
 * judged by where the descriptor really is; whatever is written lies below directories that belong to root. No other program is run
 * but systemctl, when the limits of an instance have changed.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archives.h"
#include "discard.h"
#include "fresh.h"
#include "holders.h"
#include "instances.h"
#include "layout.h"
#include "limits.h"
#include "locks.h"
#include "mounts.h"
#include "order.h"
#include "report.h"
#include "stage.h"
#include "trash.h"
#include "upper.h"

static void refuse_in_use(const char *name) {
  const char *group = game_group(name);
  if (is_in_use(group)) fail(BUSY, "the game of %s still runs: %s", name, processes_of(group));
}

static void do_mount(const char *name) {
  static struct order order;
  struct upper upper = open_upper(name);
  bool mounted = is_mounted(&upper);
  if (mounted && is_in_use(game_group(name))) return;
  refuse_in_use(name);
  if (mounted) unmount_overlay(&upper); // a helper that was killed left it behind
  read_order(name, &order);
  settle_limits(name, order.directory);
  settle_fresh(&upper);
  prepare_upper(&upper, &order);
  mount_overlay(&upper, &order);
}

static void do_umount(const char *name) {
  struct upper upper = open_upper(name);
  if (!is_mounted(&upper)) return;
  refuse_in_use(name);
  unmount_overlay(&upper);
}

/* Nobody uses it, and nothing is mounted. */
static struct upper open_unused(const char *name) {
  struct upper upper = open_upper(name);
  refuse_in_use(name);
  if (is_mounted(&upper)) unmount_overlay(&upper);
  return upper;
}

/*
 * One rename: killed at any moment, the instance has all of what its game wrote, or what is to be left of it. It is on the disk with
 * whatever is brought there next; the daemon's record of the reset is, before anybody is told.
 */
static void do_wipe(const char *name) {
  struct upper upper = open_unused(name);
  discard_upper(&upper);
}

static void do_restore(const char *name) {
  struct upper upper = open_unused(name);
  restore_upper(&upper);
}

static void do_drop(const char *name) {
  struct upper upper = open_upper(name);
  drop_archive(&upper);
}

/* Without the lock: it changes nothing, and a tree that takes long to walk over must not keep its instance from starting. */
static void do_list(const char *name) {
  struct upper upper = open_upper(name);
  tell_upper(&upper);
}

/* The grammar of instance names. */
static bool is_name(const char *text) {
  static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789", all[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  size_t length = strlen(text);
  return length >= 1 && length <= 64 && strchr(first, text[0]) && strspn(text, all) == length;
}

/* No instance's name begins with a dot. */
static const char stage_name[] = ".stage";

static const struct {
  const char *verb;
  void (*of_instance)(const char *name);
  void (*of_stage)(void);
} verbs[] = {
    {"mount", do_mount, NULL},  {"umount", do_umount, NULL},  {"wipe", do_wipe, NULL},
    {"restore", do_restore, NULL}, {"drop", do_drop, NULL}, {"list", do_list, NULL},
    {"stage", NULL, stage},     {"unstage", NULL, unstage},   {"hand-over", NULL, hand_over},
};

int main(int count, char **arguments) {
  umask(027);
  if (chdir("/") != 0) fail_errno("/ cannot be entered");
  if (count == 2 && strcmp(arguments[1], "sweep") == 0) {
    int instances = open_instances();
    forget_limits(instances);
    forget_archives(open_runtime(), instances);
    forget_locks(open_runtime(), instances);
    sweep_trash(open_runtime(), instances);
    return 0;
  }
  for (size_t index = 0; count >= 2 && index < sizeof verbs / sizeof *verbs; index++) {
    if (strcmp(arguments[1], verbs[index].verb) != 0) continue;
    const bool is_stage = verbs[index].of_stage != NULL;
    if (count != (is_stage ? 2 : 3) || (!is_stage && !is_name(arguments[2]))) continue;
    const char *name = is_stage ? stage_name : arguments[2];
    report_for(arguments[1], name);
    // A caller may have asked for jobs that ignore the units' order.
    if (verbs[index].of_instance != do_list) take_lock(name);
    if (is_stage) verbs[index].of_stage();
    else verbs[index].of_instance(name);
    return 0;
  }
  fail(USAGE, "usage: left4me-overlay mount|umount|wipe|restore|drop|list NAME, or stage, unstage, hand-over, or sweep");
}
