#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "layout.h"

enum { LONGEST_TEXT = 3500 };

static const char *failing_verb, *failing_name;
static void (*failing_undo)(void);

void report_for(const char *verb, const char *name) {
  failing_verb = verb;
  failing_name = name;
}

/* The invocation's id, when its form is right. */
static const char *invocation(void) {
  const char *id = getenv("INVOCATION_ID");
  return id && strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32 ? id : NULL;
}

void at_failure(void (*undo)(void)) {
  failing_undo = undo;
}

/* A game chooses names; whoever reads a text may have a terminal that obeys what stands in it. */
static void make_plain(char *text) {
  for (; *text; text++)
    if (*text < ' ' || *text > '~') *text = '?';
}

static void keep(int code, const char *text) {
  const char *id = invocation();
  char path[256];
  if (!id || !failing_name) return;
  snprintf(path, sizeof path, RUN "/failures/%s@%s", failing_verb, failing_name);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (file < 0) return;
  dprintf(file, "%s %d\n%s\n", id, code, text);
  close(file);
}

static _Noreturn void fail_with(int code, const char *cause, const char *format, va_list arguments) {
  static int first_code;
  char text[LONGEST_TEXT + 1];
  int length = vsnprintf(text, sizeof text, format, arguments);
  if (cause && length >= 0 && length < LONGEST_TEXT) snprintf(text + length, sizeof text - (size_t)length, ": %s", cause);
  make_plain(text);
  fprintf(stderr, "left4me-overlay: %s\n", text);
  if (first_code != 0) exit(first_code);
  first_code = code;
  setfsuid(0); // whoever's rights it had when it failed
  setfsgid(0);
  keep(code, text);
  if (failing_undo) failing_undo();
  exit(code);
}

void fail(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fail_with(code, NULL, format, arguments);
}

void fail_errno(const char *format, ...) {
  const char *cause = strerror(errno);
  int code = errno == ENOSPC || errno == EDQUOT ? FULL : FAILED;
  va_list arguments;
  va_start(arguments, format);
  fail_with(code, cause, format, arguments);
}

void note(const char *format, ...) {
  char text[LONGEST_TEXT + 1];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  make_plain(text);
  fprintf(stderr, "left4me-overlay: %s\n", text);
}
