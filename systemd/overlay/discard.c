#define _GNU_SOURCE
#include "discard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archives.h"
#include "files.h"
#include "fresh.h"
#include "layout.h"
#include "report.h"
#include "reset.h"
#include "trash.h"
#include "walk.h"

static int open_files(int directory) {
  return openat(directory, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The ways that a reset can go. */
static void set_whole_aside(const struct upper *upper, const struct reset_order *order, bool is_archived) {
  if (is_archived) keep_archive(upper, upper->runtime, upper->name, order->archive);
  else set_aside(upper->runtime, upper->runtime, upper->name, upper->name); // whoever made it
}

/* Builds the next upper of the files that stay. False: there are none, and there is no next upper. */
static bool build_next(const struct upper *upper, int files, const struct reset_order *order, bool is_archived, bool *has_others) {
  struct upper next = begin_fresh(upper, is_archived ? order->archive : "");
  int kept = open_files(next.here);
  struct walk walk = keep_files(files, kept, order, is_archived);
  if (is_archived && walk.kept > 0 && syncfs(kept) != 0) fail_errno("the files that %s keeps cannot be brought to the disk", upper->name);
  close(kept);
  close(next.here);
  *has_others = walk.has_others;
  if (walk.kept == 0) drop_fresh(upper);
  return walk.kept > 0;
}

/* Each of its ends is one rename: killed at any moment, the instance has all of the old state or all of the new one. */
static void discard_files(struct upper *upper, const struct reset_order *order) {
  int files = upper->here >= 0 && !is_lost(upper) ? open_files(upper->here) : -1;
  bool is_foreign = upper->here < 0 && has_entry(upper->runtime, upper->name);
  bool has_files = files >= 0 && !is_empty(files);
  bool is_archived = order->archive[0] && (has_files || is_foreign);
  bool has_others = true;
  if (has_files && (is_archived || order->count > 0)) make_durable(upper);
  bool has_next = has_files && order->count > 0 && is_of_this_driver(upper) && build_next(upper, files, order, is_archived, &has_others);
  if (has_next && !has_others && !is_archived) return drop_fresh(upper); // nothing is to be discarded
  if (is_archived) describe_archive(upper, order, has_files ? measure_tree(files) : 0);
  if (files >= 0) close(files);
  if (has_next) install_fresh(upper);
  else set_whole_aside(upper, order, is_archived);
}

void discard_upper(struct upper *upper) {
  static struct reset_order order;
  read_reset_order(upper->name, &order);
  settle_fresh(upper);
  if (!order.archive[0] || !has_archive(upper, order.archive)) discard_files(upper, &order);
  if (order.keep >= 0) prune_archives(upper, order.keep);
}

void restore_upper(struct upper *upper) {
  char id[LONGEST_ID];
  read_archive_order(upper->name, "restore", id);
  settle_fresh(upper);
  int archive = open_archive(upper, id), from = open_files(archive);
  if (from < 0) fail_errno("archive %s of %s cannot be opened", id, upper->name);
  struct upper next = begin_fresh(upper, "");
  int to = open_files(next.here);
  copy_tree(from, to);
  if (syncfs(to) != 0) fail_errno("the files of %s cannot be brought to the disk", upper->name);
  close(to);
  close(next.here);
  close(from);
  close(archive);
  install_fresh(upper);
}

void drop_archive(const struct upper *upper) {
  char id[LONGEST_ID];
  read_archive_order(upper->name, "drop", id);
  remove_archive(upper, id);
}

void tell_upper(const struct upper *upper) {
  char path[256], unfinished[256];
  int files = upper->here < 0 ? -1 : open_files(upper->here);
  snprintf(path, sizeof path, RUN "/written/%s", upper->name);
  snprintf(unfinished, sizeof unfinished, RUN "/written/.%s.%d", upper->name, (int)getpid());
  int file = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (file < 0) fail_errno("written/%s cannot be written", upper->name);
  if (files >= 0) list_tree(files, file);
  else if (dprintf(file, "none\n") < 0) fail_errno("written/%s cannot be written", upper->name);
  if (rename(unfinished, path) != 0) fail_errno("written/%s cannot be written", upper->name);
  close(file);
}
