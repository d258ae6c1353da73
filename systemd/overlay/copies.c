#define _GNU_SOURCE
#include "copies.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "layout.h"
#include "report.h"

/* 0: it has been looked at. */
static unsigned long long needed;

void expect_bytes(unsigned long long bytes) {
  needed = bytes;
}

/* Before anything is copied: whoever fills the disk takes it from all games. */
static void require_room(int to) {
  struct statvfs status;
  if (fstatvfs(to, &status) != 0) fail_errno("the file system cannot be asked for its room");
  unsigned long long free_bytes = (unsigned long long)status.f_bavail * status.f_frsize;
  if (needed > free_bytes)
    fail(FULL, "the copies need %llu bytes, and the file system of " STORE "/runtime has %llu: No space left on device", needed, free_bytes);
  needed = 0;
}

/* Copies so many bytes of data at an offset; fewer when the file ends before. */
static void copy_range(int from, int to, off_t start, off_t end) {
  static char buffer[1 << 16];
  off_t source = start, target = start;
  ssize_t count = 1;
  while (source < end && (count = copy_file_range(from, &source, to, &target, (size_t)(end - source), 0)) > 0) continue;
  if (count >= 0) return;
  if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) fail_errno("a file cannot be copied");
  for (off_t at = source; at < end; at += count) {
    size_t most = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
    if ((count = pread(from, buffer, most, at)) < 0) fail_errno("a file cannot be read");
    if (count == 0) return;
    for (ssize_t done = 0, part; done < count; done += part)
      if ((part = pwrite(to, buffer + done, (size_t)(count - done), at + done)) < 0) fail_errno("a file cannot be copied");
  }
}

/* Holes stay holes: they are free, and a game may make them as large as it likes. */
static void copy_bytes(int from, int to, off_t size) {
  off_t start, end = 0;
  if (ioctl(to, FICLONE, from) == 0) return;
  if (needed > 0) require_room(to);
  if (ftruncate(to, size) != 0) fail_errno("a file cannot be given its size");
  while ((start = lseek(from, end, SEEK_DATA)) >= 0) {
    if ((end = lseek(from, start, SEEK_HOLE)) < 0) fail_errno("a file cannot be read");
    copy_range(from, to, start, end);
  }
  if (errno != ENXIO) fail_errno("a file cannot be read"); // ENXIO: no more data
}

bool copy_file(int directory, const char *entry, int target) {
  struct stat status;
  int from = openat(directory, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (from < 0 && (errno == EACCES || errno == EPERM)) return false;
  if (from < 0 || fstat(from, &status) != 0) fail_errno("a file cannot be opened");
  if (!S_ISREG(status.st_mode)) {
    close(from);
    return false;
  }
  int to = openat(target, entry, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (to < 0) fail_errno("a file cannot be made");
  copy_bytes(from, to, status.st_size);
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  if (fchmod(to, status.st_mode & 0777) != 0 || futimens(to, times) != 0) fail_errno("a file cannot be given its mode and its time");
  close(from);
  close(to);
  return true;
}
