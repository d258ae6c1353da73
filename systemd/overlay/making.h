/* An overlay that is about to be made. */
#pragma once

struct making {
  int context;      /* of the file system */
  const char *what; /* is to be mounted, for messages */
};

/* Begins with what all our overlays have in common. Fails when the kernel refuses; so do the others, with its words. */
struct making begin_overlay(const char *what);

/* Sets an option; a flag when there is no value. Paths are looked up at once. */
void set_option(const struct making *making, const char *option, const char *value);

/* Makes the mount, which is nowhere yet. */
int end_overlay(struct making *making);
