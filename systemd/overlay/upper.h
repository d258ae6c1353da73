/* What lies below runtime/NAME: root's directories, and in `upper` what the game wrote. No game runs while this runs. */
#pragma once
#include <stdbool.h>

#include "order.h"

struct upper {
  const char *name; /* of the instance */
  int runtime;      /* descriptor of runtime/ */
  int here;         /* descriptor of runtime/NAME; -1: there is none, or none of this driver's */
  bool was_discarded;
};

/* Opens runtime/, and runtime/NAME if there is one of this driver's. */
struct upper open_upper(const char *name);

/* Makes what is missing, checks the format, and removes from upper what would hide the order's files. */
void prepare_upper(struct upper *upper, const struct order *order);
