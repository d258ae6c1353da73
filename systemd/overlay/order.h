/* The mount order: what left4me wants to be mounted. It is taken to be hostile. */
#pragma once
#include <stdbool.h>

enum { MOST_LAYERS = 500 }; /* the kernel's OVL_MAX_STACK */

struct order {
  int directory; /* descriptor of the order itself */
  unsigned generation;
  int count;
  int layers[MOST_LAYERS];  /* descriptors, topmost first; they are what is mounted */
  const char *paths[MOST_LAYERS]; /* where they really are */
  int managed;              /* descriptor of the directory of the managed files; -1: there is none */
  bool is_volatile;
};

/*
 * Reads instances/NAME/current, a directory of numbered links.
 *
 * No file is read and no link is believed: each is opened once, as a directory, with the rights of left4me, and judged by where
 * the descriptor really is. What cannot be opened and what lies elsewhere give the same message: whether something exists must
 * not show.
 */
void read_order(const char *name, struct order *order);
