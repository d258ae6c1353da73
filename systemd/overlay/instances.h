/* Which instances there are. left4me's directory: it is opened and looked into with its rights only, by way of no link of its. */
#pragma once
#include <stdbool.h>

/* Opens instances/; -1: it is not there, or a link, or closed to left4me. */
int open_instances(void);

/* Whether an instance is surely gone. Not when `instances` is -1, or when left4me itself could not tell. */
bool is_gone(int instances, const char *name);
