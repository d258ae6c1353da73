#!/bin/bash
# kill-during-start.sh UNIT COUNT - starts the instance alpha, kills UNIT at a random moment, stops the instance.
# Prints how often a mount was left in the namespace of any process, or a process of the game.
set -uo pipefail
unit=$1 count=$2 left=0
RANDOM=7
for ((i = 0; i < count; i++)); do
  systemctl reset-failed left4me-server@alpha left4me-overlay@alpha 2>/dev/null
  systemctl start --no-block left4me-server@alpha
  sleep "0.$(printf %03d $((RANDOM % 150)))"
  systemctl kill -s KILL "$unit" 2>/dev/null
  systemctl stop left4me-server@alpha left4me-overlay@alpha
  # A start that was killed may leave a mount to the next mount or reset; a reset is what an operator would do.
  [[ $(systemctl is-active left4me-overlay@alpha) != failed ]] || systemctl start left4me-overlay@alpha
  for ((tries = 0; tries < 100; tries++)); do
    systemctl is-active -q left4me-server@alpha left4me-overlay@alpha || break
    sleep 0.05
  done
  sleep 0.1
  if cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -q ' /var/lib/left4me/runtime/' || pgrep -u left4me-game >/dev/null; then
    left=$((left + 1))
  fi
done
echo "left=$left"
