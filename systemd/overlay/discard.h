/* What a reset and a restore do with an upper that is unmounted and in nobody's use. */
#pragma once
#include "upper.h"

/* Discards what the game wrote, but for what the reset order keeps. */
void discard_upper(struct upper *upper);

/* Puts a copy of the archive that is wanted back in the place of what the game wrote. */
void restore_upper(struct upper *upper);

/* Sets the archive aside that is not wanted any more. The game may run. */
void drop_archive(const struct upper *upper);

/* Writes what the game wrote into a file of the run directory. The game may run. */
void tell_upper(const struct upper *upper);
