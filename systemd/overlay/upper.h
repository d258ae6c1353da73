/* What lies below runtime/NAME: root's directories, and in `upper` what the game wrote. No game runs while this runs. */
#pragma once
#include <stdbool.h>

#include "order.h"

struct upper {
  const char *name; /* of the instance */
  int runtime;      /* descriptor of runtime/ */
  int here;         /* descriptor of runtime/NAME */
  bool was_discarded;
};

/* Opens runtime/NAME; false: there is none, or none of this driver's. */
bool open_upper(const char *name, struct upper *upper);

/* Makes what is missing, checks the format, and removes from upper what would hide the order's files. */
void prepare_upper(struct upper *upper, const struct order *order);
