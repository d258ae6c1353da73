#!/bin/sh
# Starts the stand-in the way Valve's steamcmd.sh does: from its own directory, and again when it has updated itself.

case $0 in
*/*) dir=${0%/*} ;;
*) dir=. ;;
esac
cd -- "${dir:-/}" || exit 1

./linux32/steamcmd "$@"
status=$?
[ "$status" -eq 42 ] && exec ./steamcmd.sh "$@"
exit "$status"
