/* What left4me wants a reset to keep, and an archive that it wants back, or gone. All of it is taken to be hostile. */
#pragma once
#include <stdbool.h>

enum { MOST_GLOBS = 64, LONGEST_GLOB = 1025, LONGEST_ID = 32, LONGEST_BUILD = 96, MOST_KEPT = 1000 };

struct reset_order {
  int count;
  char globs[MOST_GLOBS][LONGEST_GLOB];
  char archive[LONGEST_ID];  /* "" keeps none */
  char build[LONGEST_BUILD]; /* what the game ran on */
  int keep;                  /* so many archives stay; -1: nothing is said of them */
};

/*
 * Reads instances/NAME/reset, a directory of links whose texts are what is ordered. Nothing is opened but the directory, with the
 * rights of left4me and by way of no link. Without it a reset keeps nothing; without the instance no archive stays either.
 */
void read_reset_order(const char *name, struct reset_order *order);

/* Reads of which archive it is to be done: the text of the link instances/NAME/VERB, `restore` or `drop`. */
void read_archive_order(const char *name, const char *verb, char *id);

/* The grammar of the ids of archives: 20261129T101500Z-1a2b. */
bool is_archive_id(const char *text);
