/*
 * The next runtime/NAME, while it is made: runtime/.fresh/NAME. It takes the place of the old one by an exchange, so that there is
 * always all of one of them. A file in it says what is to become of the other; it goes when that is done.
 */
#pragma once
#include "upper.h"

#define FRESH ".fresh"

/* Makes the next runtime/NAME, with an empty upper. `archive` is the id under which the old one is to be kept, or "". */
struct upper begin_fresh(const struct upper *upper, const char *archive);

/* Throws it away. */
void drop_fresh(const struct upper *upper);

/* Puts it in the place of the old one, which is unmounted, and sees to that. `upper` is the new one then. */
void install_fresh(struct upper *upper);

/* Completes what a helper that was killed left, or clears it away. To be called before anything else is done with upper. */
void settle_fresh(const struct upper *upper);
