/*
 * The archives: what was runtime/NAME, under runtime/.archives/NAME/ID, root's alone. Beside each, ID.info, which left4me may read as
 * it may read the names.
 */
#pragma once
#include <stdbool.h>

#include "reset.h"
#include "upper.h"

bool has_archive(const struct upper *upper, const char *id);

/* Writes what is to be known of an archive; it is there before the archive is. */
void describe_archive(const struct upper *upper, const struct reset_order *order, unsigned long long bytes);

/* Makes an entry an archive: one rename. */
void keep_archive(const struct upper *upper, int directory, const char *entry, const char *id);

/* Opens an archive of this driver's. Fails when it is not there, or another driver's. */
int open_archive(const struct upper *upper, const char *id);

/* Sets an archive aside, and then what describes it; what is not there is no failure. */
void remove_archive(const struct upper *upper, const char *id);

/* Sets aside the oldest archives, and what belongs to none. None at all are kept with 0. */
void prune_archives(const struct upper *upper, int keep);

/* Sets aside the archives of instances that do not exist any more, and what was being made for them. */
void forget_archives(int runtime, int instances);
