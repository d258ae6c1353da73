#!/bin/sh
# PID 1 of a game's namespaces: mounts the layers, runs the game, keeps its exit status, ends.
#
# usage, with the run directory as working directory: init.sh MERGED LAYERS COMMAND...
#   managed  a file with the paths below MERGED, one a line, that must be seen there; else it exits with 71
#   MERGED   where the stack is mounted, absolute
#   LAYERS   how many lower layers there are; the links 0 (the topmost), 1, ... lead to them, u to upper, w to work
#   COMMAND  drops what this process may do and executes the game
# stdout is the game's log, stderr the driver's. Descriptor 3 is the host's /proc, which still shows the host's process
# ids, 4 is the lock; the game must inherit neither. The environment is the game's.
#
# What it leaves in the run directory, in this order:
#   init     its own line of /proc/self/stat, as the host sees it
#   game     the same line of the process that becomes the game: the stack is mounted, COMMAND follows
#   exit     the game's wait status as a shell tells it (128 + n: signal n); its mtime is the time of the exit.
# A file without its line break is not there yet.
#
# Every path of ours is relative: in root mode MERGED may cover the file system that the run directory lies on.
# The game runs in the foreground, because POSIX shells start background jobs with SIGINT ignored, for good. So nothing
# is forwarded here: the driver signals the game itself, and SIGKILL for this process ends all.
set -u

# The names are short, because mount(2) takes one page of options and fsconfig(2) 255 bytes each: `lowerdir+=` where
# the kernel knows it (6.8), else one joined option, for which newer mount(8) must be told to use mount(2).
mount_stack() {
  appended='' joined='' index=0
  while [ "$index" -lt "$2" ]; do
    appended="$appended,lowerdir+=$index"
    joined="$joined${joined:+:}$index"
    index=$((index + 1))
  done
  mount -t overlay -o "userxattr,upperdir=u,workdir=w$appended" overlay "$1" && return
  LIBMOUNT_FORCE_MOUNT2=always mount -t overlay -o "userxattr,upperdir=u,workdir=w,lowerdir=$joined" overlay "$1"
}

# A directory that the game has deleted and made again hides everything below it.
all_seen() {
  while IFS= read -r path; do
    [ -e "$1/$path" ] || return
  done <managed
}

main() {
  merged=$1 layers=$2
  shift 2
  IFS= read -r self </proc/self/fd/3/self/stat
  printf '%s\n' "$self" >init
  mount_stack "$merged" "$layers" || exit "$?"
  all_seen "$merged" || exit 71
  umask 022
  (
    IFS= read -r self </proc/self/fd/3/self/stat
    printf '%s\n' "$self" >game
    cd "$merged" || exit 126
    # Shells export these of their own accord.
    unset PWD OLDPWD SHLVL
    exec "$@" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
  ) 2>&1
  printf '%s\n' "$?" >./exit
}

# One compound command, so that all of it has been read before the file can change.
main "$@"
exit 0
