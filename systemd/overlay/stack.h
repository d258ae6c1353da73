/* The overlay of the stage. */
#pragma once
#include "links.h"

/*
 * Makes it of data/upper and data/work in the directory `here`, and mounts it on `merged` there. No layers: it is empty.
 *
 * The layers' descriptors are used up.
 */
void mount_stage(int here, struct layers *layers);
