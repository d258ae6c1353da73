#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

struct account find_account(const char *user) {
  struct passwd *entry;
  FILE *accounts = fopen("/etc/passwd", "re");
  if (!accounts) fail_errno("/etc/passwd cannot be read");
  while ((entry = fgetpwent(accounts)) && strcmp(entry->pw_name, user) != 0) continue;
  if (!entry) fail(FAILED, "there is no user %s in /etc/passwd", user);
  struct account found = {entry->pw_uid, entry->pw_gid};
  fclose(accounts);
  return found;
}

void take_rights(struct account account) {
  setfsgid(account.gid);
  setfsuid(account.uid);
  if (setfsuid((uid_t)-1) != (int)account.uid || setfsgid((gid_t)-1) != (int)account.gid)
    fail(FAILED, "the rights of user %u cannot be taken on", account.uid);
}

DIR *list_directory(int at, const char *path) {
  int directory = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *listing = directory < 0 ? NULL : fdopendir(directory);
  if (!listing) fail_errno("%s cannot be listed", path);
  return listing;
}

const char *next_name(DIR *listing) {
  struct dirent *found;
  do {
    errno = 0;
    found = readdir(listing);
    if (!found && errno != 0) fail_errno("a directory cannot be listed");
  } while (found && (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0));
  return found ? found->d_name : NULL;
}

void read_text(int at, const char *path, char *text, size_t size) {
  int file = openat(at, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  ssize_t length = file < 0 ? 0 : read(file, text, size - 1);
  if (file >= 0) close(file);
  text[length < 0 ? 0 : length] = '\0';
}

bool has_entry(int at, const char *path) {
  struct stat status;
  if (fstatat(at, path, &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) fail_errno("%s cannot be looked at", path);
  return false;
}
