/*
 * The stage: an overlay over a build's layers, in which the installer works as left4me-steam.
 *
 * All of it lies below runtime/.stage, which only root can enter: data/upper takes what the installer writes, data/work is the
 * kernel's, merged the mount. On the disk all of it belongs to left4me and the group left4me-game, as layers do; the installer
 * sees it as its own, by mounts with mapped ids. So nothing has to be walked through, whatever SteamCMD leaves.
 */
#pragma once

/* Discards what was left, reads the stage order, and mounts. */
void stage(void);

/* Unmounts, and sets aside what was written, also what was handed over and not taken. What is not there is no failure. */
void unstage(void);

/* Unmounts, and moves upper to layers/.staged: one rename. Fails when there is no stage. */
void hand_over(void);
