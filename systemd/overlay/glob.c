#define _GNU_SOURCE
#include "glob.h"

#include <stddef.h>
#include <string.h>

/* A part of a text: one component, or what stands between brackets. */
struct part {
  const char *start, *end;
};

/* The component at the beginning of a path. */
static struct part component(const char *path) {
  return (struct part){path, strchrnul(path, '/')};
}

/* What follows behind a component; NULL behind the last one. */
static const char *next_component(struct part part) {
  return *part.end == '/' ? part.end + 1 : NULL;
}

static bool is_two_stars(struct part part) {
  return part.end - part.start == 2 && part.start[0] == '*' && part.start[1] == '*';
}

/* A byte, and those that continue its character. */
static size_t character_length(const char *at, const char *end) {
  size_t length = 1;
  while (at + length < end && ((unsigned char)at[length] & 0xc0) == 0x80) length++;
  return length;
}

static bool is_negated(char letter) {
  return letter == '!' || letter == '^';
}

/* Where the class ends that begins at an opening bracket; NULL: it does not. */
static const char *class_end(const char *glob, const char *end) {
  const char *first = glob + (glob + 1 < end && is_negated(glob[1]) ? 2 : 1);
  return first + 1 < end ? memchr(first + 1, ']', (size_t)(end - first - 1)) : NULL;
}

static bool is_in_class(struct part content, unsigned char letter) {
  bool negated = content.start < content.end && is_negated(*content.start), found = false;
  for (const char *at = content.start + negated; at < content.end; at++) {
    bool is_range = at + 2 < content.end && at[1] == '-';
    unsigned char low = (unsigned char)at[0], high = is_range ? (unsigned char)at[2] : low;
    found |= low <= letter && letter <= high;
    if (is_range) at += 2;
  }
  return found != negated;
}

/* One element of a pattern, which is no star, and what it takes of a name: both move on. False: it does not fit. */
static bool step(const char **glob, const char *glob_end, const char **name, const char *name_end) {
  const char *at = *glob, *end;
  if (at == glob_end) return false;
  if (*at == '?') {
    *glob += 1;
    *name += character_length(*name, name_end);
    return true;
  }
  if (*at == '[' && (end = class_end(at, glob_end))) {
    if (!is_in_class((struct part){at + 1, end}, (unsigned char)**name)) return false;
    *glob = end + 1;
    *name += 1;
    return true;
  }
  bool is_escape = *at == '\\' && at + 1 < glob_end;
  if (at[is_escape] != **name) return false;
  *glob += 1 + is_escape;
  *name += 1;
  return true;
}

/* A star takes as little as it can, and more when what follows does not fit: the last one is enough to go back to. */
static bool matches_name(struct part pattern, struct part part) {
  const char *glob = pattern.start, *name = part.start, *back_glob = NULL, *back_name = NULL;
  while (name < part.end) {
    if (glob < pattern.end && *glob == '*') {
      back_glob = ++glob;
      back_name = name;
    } else if (!step(&glob, pattern.end, &name, part.end)) {
      if (!back_glob) return false;
      glob = back_glob;
      name = ++back_name;
    }
  }
  while (glob < pattern.end && *glob == '*') glob++;
  return glob == pattern.end;
}

bool glob_matches(const char *glob, const char *path) {
  const char *back_glob = NULL, *back_path = NULL;
  while (path) {
    struct part pattern = glob ? component(glob) : (struct part){NULL, NULL}, name = component(path);
    if (glob && is_two_stars(pattern)) {
      glob = next_component(pattern);
      if (!glob) return true; // everything below
      back_glob = glob;
      back_path = path;
    } else if (glob && matches_name(pattern, name)) {
      glob = next_component(pattern);
      path = next_component(name);
    } else {
      if (!back_glob) return false;
      glob = back_glob;
      path = back_path = next_component(component(back_path));
    }
  }
  return !glob;
}
