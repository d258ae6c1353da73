/* The limits of one instance, as a drop-in of its unit. */
#pragma once

/*
 * Makes systemd know the limits that the names in a directory of the mount order say ("MemoryMax=1073741824"), and no others.
 * PID 1 reads its files anew only when they differ from what they were. `order` is the descriptor of the mount order.
 */
void settle_limits(const char *name, int order);

/* Removes the drop-ins of instances that do not exist any more. `instances`: as open_instances() has it. */
void forget_limits(int instances);
