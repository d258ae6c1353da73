#define _GNU_SOURCE
#include "making.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "report.h"

/* Fails with what the kernel says of a mount that it refuses. */
static _Noreturn void refuse(const struct making *making) {
  int error = errno;
  char text[512];
  ssize_t length = read(making->context, text, sizeof text - 1); // "e overlay: ..."
  text[length < 0 ? 0 : length] = '\0';
  text[strcspn(text, "\n")] = '\0';
  fail(FAILED, "mounting %s failed: %s%s%s", making->what, length > 2 ? text + 2 : "", length > 2 ? ": " : "", strerror(error));
}

void set_option(const struct making *making, const char *option, const char *value) {
  if (fsconfig(making->context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value, 0) != 0) refuse(making);
}

struct making begin_overlay(const char *what) {
  struct making making = {.context = fsopen("overlay", FSOPEN_CLOEXEC), .what = what};
  if (making.context < 0) fail_errno("the kernel mounts no overlay");
  set_option(&making, "source", "left4me");
  set_option(&making, "index", "off"); // the stack below one upper changes with every build
  set_option(&making, "metacopy", "off");
  set_option(&making, "redirect_dir", "nofollow"); // no attribute of a layer leads elsewhere
  return making;
}

int end_overlay(struct making *making) {
  if (fsconfig(making->context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) refuse(making);
  int mount = fsmount(making->context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME);
  if (mount < 0) refuse(making);
  close(making->context);
  return mount;
}
