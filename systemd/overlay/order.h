/* The mount order: what left4me wants to be mounted. It is taken to be hostile. */
#pragma once
#include <stdbool.h>

#include "links.h"

struct order {
  int directory; /* descriptor of the order itself */
  unsigned generation;
  struct layers layers;
  int managed; /* descriptor of the directory of the managed files; -1: there is none */
  bool is_volatile;
};

/*
 * Reads instances/NAME/current, a directory of numbered links.
 *
 * No file is read and no link is believed (links.h). What cannot be opened and what lies elsewhere give the same message: whether
 * something exists must not show.
 */
void read_order(const char *name, struct order *order);
