/* One helper at a time an instance. */
#pragma once

/* Waits for the lock of a name, and has it until the program ends. */
void take_lock(const char *name);

/* Removes the locks of instances that are gone, and that nobody has. */
void forget_locks(int runtime, int instances);
