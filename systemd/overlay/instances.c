#define _GNU_SOURCE
#include "instances.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "layout.h"

static void be_left4me(void) {
  static struct account daemon;
  if (daemon.uid == 0) daemon = find_account("left4me");
  take_rights(daemon);
}

static void be_root(void) {
  int error = errno;
  take_rights((struct account){0, 0});
  errno = error;
}

/* All on the way is root's, so that only the last step could be a link of left4me's. */
int open_instances(void) {
  be_left4me();
  int result = open(STORE "/instances", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  be_root();
  return result;
}

bool is_gone(int instances, const char *name) {
  struct stat status;
  if (instances < 0 || strchr(name, '/')) return false;
  be_left4me();
  bool result = fstatat(instances, name, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
  be_root();
  return result;
}
