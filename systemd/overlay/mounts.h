/* The overlay itself. */
#pragma once
#include <stdbool.h>

#include "order.h"
#include "upper.h"

/* An unmounted `merged` belongs to root, a mounted one to the game. */
bool is_mounted(const struct upper *upper);

/* Mounts what the order says, and writes down what that is. Nothing is mounted when it fails. */
void mount_overlay(const struct upper *upper, const struct order *order);

/* Unmounts, and writes that down. */
void unmount_overlay(const struct upper *upper);

/* Unmounts `merged` in a directory, which messages call `place`. Never lazy, never again and again: whoever holds it is named. */
void unmount_merged(int here, const char *place);
