/* The patterns of files that a reset keeps; src/domain/preserve-glob.ts has their grammar, and the same table of cases tests both. */
#pragma once
#include <stdbool.h>

/* Whether a pattern names a path. Both are relative, without empty components. The time grows with the product of the lengths. */
bool glob_matches(const char *glob, const char *path);
