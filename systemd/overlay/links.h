/* What left4me's links lead to. Each is opened once, with its rights, and judged by where the descriptor really is. */
#pragma once
#include <stdbool.h>

enum { MOST_LAYERS = 500 }; /* the kernel's OVL_MAX_STACK */

/* Directories that numbered links lead to, topmost first. */
struct layers {
  int count;
  int descriptors[MOST_LAYERS];   /* they are what is mounted; -1: it cannot be opened */
  const char *paths[MOST_LAYERS]; /* where they really are; "": unknown */
};

/*
 * Opens a directory as left4me could: links lead through nothing that it may not enter, and through none of /proc, which would
 * lead into other namespaces. Never a device or a FIFO. -1: it cannot be opened; errno says why.
 */
int open_as_left4me(int at, const char *path, unsigned long long resolve);

/* Where a descriptor is, as the kernel tells it; NULL when that is longer than a path may be. */
char *place_of(int descriptor);

/* The rest of a path behind a prefix; NULL when it begins otherwise. */
const char *behind(const char *path, const char *prefix);

/* The characters that paths of the store have. They exclude what the kernel adds to the path of a deleted directory. */
bool is_plain(const char *path);

/* Opens what the links 000, 001, ... of a directory lead to. False: there are more than a mount may have. */
bool open_layers(int directory, struct layers *layers);
