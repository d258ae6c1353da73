#!/bin/bash
# kill-during-start.sh UNIT COUNT SEED - starts the instance alpha, kills UNIT at a random moment, stops the instance.
# Prints how often a mount was left in the namespace of any process, a process of the game, a unit that is not at rest or a
# job.
set -uo pipefail
unit=$1 count=$2 left=0 failed=0
RANDOM=$3

settle() {
  local tries
  for ((tries = 0; tries < 2400; tries++)); do
    systemctl show -P ActiveState left4me-server@alpha left4me-overlay@alpha | grep -qE '^(active|activating|deactivating)$' || return 0
    sleep 0.05
  done
}

for ((i = 0; i < count; i++)); do
  systemctl reset-failed left4me-server@alpha left4me-overlay@alpha 2>/dev/null
  systemctl start --no-block left4me-server@alpha
  sleep "0.$(printf %03d $((RANDOM % 300)))"
  systemctl kill -s KILL "$unit" 2>/dev/null
  systemctl stop left4me-server@alpha left4me-overlay@alpha
  settle
  # A helper that was killed between mount(2) and exit leaves its mount to whoever comes next: here a start of the overlay.
  if [[ $(systemctl is-active left4me-overlay@alpha) == failed ]]; then
    failed=$((failed + 1))
    systemctl start left4me-overlay@alpha
    settle
  fi
  if cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -q ' /var/lib/left4me/runtime/' || pgrep -u left4me-game >/dev/null ||
    systemctl list-units --no-legend --state=active,activating,deactivating 'left4me-*@alpha.service' | grep -q . ||
    systemctl list-jobs --no-legend | grep -q 'left4me-.*@alpha'; then
    left=$((left + 1))
  fi
done
echo "left=$left"
echo "failed=$failed" >&2
