/* Copies of files that a game wrote. */
#pragma once
#include <stdbool.h>

/*
 * How many bytes the copies that follow will take. Where they cannot share what they hold with the files, the first one fails when the
 * disk has not so many.
 */
void expect_bytes(unsigned long long bytes);

/* Copies a regular file, its holes as holes. False: it may not be read with the rights of now, or it is none. */
bool copy_file(int directory, const char *entry, int target);
