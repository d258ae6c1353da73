#!/bin/sh
# install.sh DESTDIR - places every file of this directory where the package has it, left4me-overlay compiled from overlay/ (by
# CC, or cc). "" or / is the running system.
set -eu
from=$(dirname "$(readlink -f "$0")")
to=${1:?usage: install.sh DESTDIR}
to=${to%/}
place() { # MODE DIRECTORY FILE...
  mode=$1 directory=$to$2
  shift 2
  install -d -m 755 "$directory"
  install -m "$mode" -t "$directory" "$@"
}
place 644 /usr/lib/systemd/system "$from"/units/*
place 755 /usr/libexec/left4me "$from"/helpers/*
"$from"/overlay/compile "$to/usr/libexec/left4me/left4me-overlay"
place 644 /usr/lib/systemd "$from"/journald/journald@left4me.conf
place 644 /usr/lib/systemd/system/systemd-journald-sync@left4me.service.d "$from"/journald/systemd-journald-sync@left4me.conf
place 644 /usr/lib/sysusers.d "$from"/sysusers/left4me.conf
place 644 /usr/lib/tmpfiles.d "$from"/tmpfiles/left4me.conf
place 644 /usr/share/polkit-1/rules.d "$from"/polkit/50-left4me.rules
place 440 /etc/sudoers.d "$from"/sudo/left4me
place 644 /usr/share/left4me-host "$from"/sudo/sudo-transport.conf
