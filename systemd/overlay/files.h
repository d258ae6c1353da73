/* What several parts do with files. */
#pragma once
#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

struct account {
  uid_t uid;
  gid_t gid;
};

/* Looks a user up in /etc/passwd itself: no service that may be away. Fails when there is none. */
struct account find_account(const char *user);

/* Acts on files as another user from here on; as root again with {0, 0}. Fails when it cannot. */
void take_rights(struct account account);

/* Opens a directory for listing, through a descriptor of its own. Fails when it cannot. */
DIR *list_directory(int at, const char *path);

/* The next name, without "." and ".."; NULL at the end. */
const char *next_name(DIR *listing);

/* Reads the beginning of a file of root's; "" when there is none. */
void read_text(int at, const char *path, char *text, size_t size);

/* Whether there is an entry, of whatever kind. What cannot be asked fails. */
bool has_entry(int at, const char *path);
