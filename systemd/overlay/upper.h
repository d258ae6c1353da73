/* What lies below runtime/NAME: root's directories, and in `upper` what the game wrote. No game runs while this runs. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "order.h"

struct upper {
  const char *name; /* of the instance */
  int runtime;      /* descriptor of runtime/ */
  int here;         /* descriptor of runtime/NAME; -1: there is none, or none of this driver's */
  bool was_discarded;
};

/* Opens runtime/, and runtime/NAME if there is one of this driver's. */
struct upper open_upper(const char *name);

enum { LONGEST_FORMAT = 201 };

/* What the file `format` of an upper of this driver holds. */
void wanted_format(char *format);

/* Whether an upper that is root's has that format. */
bool is_of_this_driver(const struct upper *upper);

/* Makes upper, work, merged and format where there are none; fails when there is an upper of another format. */
void settle_directories(struct upper *upper);

/*
 * Whether it ran volatile in an earlier boot: what a crash of the host left of it may have holes. Within one boot there was no crash.
 * What counts is the file `volatile`, with the boot's id.
 */
bool is_lost(const struct upper *upper);

/* Brings what ran volatile in this boot to the disk, and has it trusted from then on. */
void make_durable(const struct upper *upper);

/* Reads the first line of a file of root's; "" when there is none. */
void read_line(int directory, const char *file, char *line, size_t size);

/* Writes a file of one line; it is on the disk then. */
void write_line(int directory, const char *file, const char *line);

/* Makes what is missing, checks the format, and removes from upper what would hide the order's files. */
void prepare_upper(struct upper *upper, const struct order *order);
