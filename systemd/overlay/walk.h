/*
 * Walks over what a game wrote. Such a tree is hostile: nothing in it is followed, no device is opened, everything is done with the
 * rights of the game's user, and depth, length of paths and number of entries have limits.
 */
#pragma once
#include <stdbool.h>

#include "reset.h"

struct walk {
  unsigned long kept; /* files that are in the other tree now */
  bool has_others;    /* there is something besides */
};

/*
 * Makes the regular files that the patterns name appear in another tree, with their directories: as links to the same files, or as
 * copies where both trees will live on. Nobody writes to either tree meanwhile.
 */
struct walk keep_files(int from, int to, const struct reset_order *order, bool copies);

/*
 * Copies all of a tree that game and overlayfs have made: files, directories, links, FIFOs, and the marks of what was deleted; of sockets
 * and devices the unit's log tells. What is beyond the limits, or what the game's user cannot read, ends the program.
 */
void copy_tree(int from, int to);

/* How many bytes a tree takes on the disk; too few when it is beyond the limits. */
unsigned long long measure_tree(int directory);

/*
 * Writes into an open file what lies in a tree, up to a thousand files: "f SIZE SECONDS PATH" and NUL for each, with l for a link, w for
 * the mark of what was deleted, o for others; then "complete" or "truncated". Others may write to the tree meanwhile.
 */
void list_tree(int directory, int file);

/* Whether there is nothing in a directory. */
bool is_empty(int directory);
