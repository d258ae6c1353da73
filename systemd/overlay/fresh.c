#define _GNU_SOURCE
#include "fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archives.h"
#include "files.h"
#include "layout.h"
#include "report.h"
#include "trash.h"

/* In the new directory: the id of the archive that the old one becomes, or "-". */
#define MARK "fresh"

static int open_fresh(const struct upper *upper) {
  return open_of_root(upper->runtime, FRESH, STORE "/runtime/" FRESH);
}

static struct upper unfinished;

static void abandon_fresh(void) {
  drop_fresh(&unfinished);
}

struct upper begin_fresh(const struct upper *upper, const char *archive) {
  struct upper next = {.name = upper->name, .runtime = upper->runtime};
  int fresh = open_fresh(upper);
  if (mkdirat(fresh, upper->name, 0700) != 0) fail_errno(STORE "/runtime/" FRESH "/%s cannot be made", upper->name);
  unfinished = *upper;
  at_failure(abandon_fresh); // on a full disk it would keep it full
  next.here = openat(fresh, upper->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (next.here < 0) fail_errno(STORE "/runtime/" FRESH "/%s cannot be opened", upper->name);
  write_line(next.here, MARK, *archive ? archive : "-");
  settle_directories(&next);
  close(fresh);
  return next;
}

void drop_fresh(const struct upper *upper) {
  at_failure(NULL);
  if (!has_entry(upper->runtime, FRESH)) return;
  int fresh = open_fresh(upper);
  set_aside(upper->runtime, fresh, upper->name, upper->name);
  close(fresh);
}

void install_fresh(struct upper *upper) {
  int fresh = open_fresh(upper);
  bool is_first = !has_entry(upper->runtime, upper->name);
  if (renameat2(fresh, upper->name, upper->runtime, upper->name, is_first ? RENAME_NOREPLACE : RENAME_EXCHANGE) != 0)
    fail_errno(STORE "/runtime/%s cannot be replaced", upper->name);
  at_failure(NULL); // from now on it is the old one that lies there
  close(fresh);
  if (upper->here >= 0) close(upper->here);
  *upper = open_upper(upper->name);
  settle_fresh(upper);
}

void settle_fresh(const struct upper *upper) {
  char archive[LONGEST_ID] = "";
  if (upper->here >= 0) read_line(upper->here, MARK, archive, sizeof archive);
  int fresh = archive[0] || has_entry(upper->runtime, FRESH) ? open_fresh(upper) : -1;
  if (fresh >= 0 && is_archive_id(archive) && has_entry(fresh, upper->name)) keep_archive(upper, fresh, upper->name, archive);
  else if (fresh >= 0) set_aside(upper->runtime, fresh, upper->name, upper->name);
  if (fresh >= 0) close(fresh);
  if (archive[0] && unlinkat(upper->here, MARK, 0) != 0) fail_errno("the mark of a new upper of %s cannot be removed", upper->name);
}
