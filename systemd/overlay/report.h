/* What goes wrong, told to whoever asked. */
#pragma once

/* Exit codes; systemd/README.md has what the daemon makes of them. */
enum { FAILED = 1, USAGE = 2, REFUSED = 3, BUSY = 4, INCOMPATIBLE = 5, MISSING = 6, FULL = 7 };

/* Names what is being done from here on. Without it a failure goes to the unit's log only. */
void report_for(const char *verb, const char *name);

/*
 * Ends the program: the text, whose bytes are made printable ones of ASCII, goes to the unit's log, and to a file that left4me may read; its first line names the invocation and
 * the code.
 */
_Noreturn void fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As fail, with the text of errno. */
_Noreturn void fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is done at the next failure, as root, before the program ends: a failure of its own changes nothing of what is told. */
void at_failure(void (*undo)(void));

/* A line for the unit's log. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
