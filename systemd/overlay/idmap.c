#define _GNU_SOURCE
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

/* A process in a user namespace of its own, that does nothing and ends with us. */
static pid_t start_holder(void) {
  pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) fail_errno("a user namespace cannot be made (sysctl user.max_user_namespaces)");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

/* Every id of the disk's, then as what it is seen, then how many of them (user_namespaces(7)). */
static void write_map(pid_t holder, const char *file, unsigned disk, unsigned seen) {
  char path[64], map[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)holder, file);
  int length = snprintf(map, sizeof map, "0 0 1\n%u %u 1\n", disk, seen);
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0 || write(descriptor, map, (size_t)length) != length) fail_errno("%s cannot be written", path);
  close(descriptor);
}

int make_idmap(struct account disk, struct account seen) {
  char path[64];
  pid_t holder = start_holder();
  write_map(holder, "uid_map", disk.uid, seen.uid);
  write_map(holder, "gid_map", disk.gid, seen.gid);
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)holder);
  int result = open(path, O_RDONLY | O_CLOEXEC);
  if (result < 0) fail_errno("%s cannot be opened", path);
  kill(holder, SIGKILL);
  waitpid(holder, NULL, 0);
  return result;
}

int clone_mapped(int at, const char *path, int idmap, unsigned long long attributes) {
  int mount = open_tree(at, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
  if (mount < 0) fail_errno("a copy of a mount cannot be made");
  struct mount_attr attr = {
      .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | attributes,
      .userns_fd = (unsigned)idmap,
  };
  if (mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0) return mount;
  if (errno != EINVAL) fail_errno("a mount cannot be mapped to left4me-steam");
  fail(FAILED, "the file system cannot be mapped to left4me-steam (mount_setattr(2) names those that can: ext4, xfs, btrfs and others)");
}
