#!/bin/sh
# The smallest game. Its third argument is a mode.
trap 'echo bye; exit 0' INT
printf 'arguments:'
printf ' [%s]' "$@"
echo
case ${3:-} in
  # A real one: reading at address 1.
  crash) exec perl -e 'print unpack("p", pack("Q", 1))' ;;
  quit) exit 0 ;;
  exit-3) exit 3 ;;
  deaf) trap '' INT ;;
  write) mkdir -p left4dead2/cfg && echo mine >left4dead2/cfg/server.cfg && echo mine >left4dead2/mine.txt ;;
  holder) sleep 1000 & ;;
  probe) sh ./probe.sh 2>/dev/null ;;
esac
cat left4dead2/cfg/server.cfg
while :; do sleep 0.05; done
