#!/bin/sh
# sandbox-probe.sh - what a hostile overlay tries. Prints one line a success: an intact sandbox prints nothing but "end".
got() { printf 'GOT %s\n' "$*"; }
reads() { for path in "$@"; do if cat "$path" >/dev/null 2>&1 || [ -n "$(ls -A "$path"/ 2>/dev/null)" ]; then got "read $path"; fi; done; }
works() { if "$@" >/dev/null 2>&1; then got "$*"; fi; }

# The daemon's state, sockets, journal, other homes, tokens.
reads /var/lib /root /home /srv /mnt /var/log /run/log /etc/left4me /etc/left4me/token /etc/shadow /etc/sudoers /proc/kmsg
for path in /run/left4me /run/dbus /run/systemd/journal /run/systemd/private /run/user; do [ ! -e "$path" ] || got "see $path"; done
[ -z "$(find / -xdev -type s 2>/dev/null; find /run /dev /tmp -type s 2>/dev/null)" ] || got "a socket"
works busctl --system list
works systemctl is-system-running
[ -z "$(journalctl -q -n 1 2>/dev/null)" ] || got "journal"
# Through magic links of process 1, which is the game itself, and of whatever /proc shows.
reads /proc/1/root/var/lib /proc/1/root/root
for process in /proc/[0-9]*; do
  pid=${process#/proc/}
  case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in *secret-of-sibling*) got "sibling $pid" ;; esac
done
# A descriptor that was not meant for the game.
for descriptor in /proc/self/fd/*; do
  case $(readlink "$descriptor") in /dev/null | pipe:* | socket:* | /proc/* | /game/* | "") ;; *) got "descriptor $(readlink "$descriptor")" ;; esac
done
# Rights.
grep -qE '^Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' /proc/self/status && got "capabilities"
grep -q '^NoNewPrivs:.1' /proc/self/status || got "new privileges"
grep -q '^Seccomp:.2' /proc/self/status || got "no seccomp"
works unshare -U true
works unshare -m true
works mount -t tmpfs tmpfs /tmp
works chroot / true
works mknod /tmp/device c 1 3
works chmod u+s /tmp/suid
works sudo -n true
works su -c true
works dmesg
works hostname other
works sh -c 'echo 1 >/proc/sys/kernel/panic'
works sh -c 'echo 1 >/sys/kernel/mm/ksm/run'
works sh -c 'echo $$ >/sys/fs/cgroup/cgroup.procs'
for file in /sys/fs/cgroup/*.max; do works sh -c "echo max >$file"; done
works perl -e 'exit(syscall(101, 16, 1, 0, 0) == 0 ? 0 : 1)'   # ptrace(PTRACE_ATTACH)
works perl -e 'exit(syscall(248, "user", "l4m", "x", 1, -2) > 0 ? 0 : 1)' # add_key
works perl -e 'exit(syscall(425, 8, "\0" x 120) >= 0 ? 0 : 1)' # io_uring_setup
# Writing outside of /game, /tmp and /var/tmp.
for path in / /usr /etc /run /dev /var /usr/libexec/left4me; do works touch "$path/probe"; done
# Ports of others; a port of games and one that the kernel chooses are allowed.
bind() { perl -MSocket -e 'socket(my $s, PF_INET, $ARGV[0] eq "udp" ? SOCK_DGRAM : SOCK_STREAM, 0) or exit 1; bind($s, sockaddr_in($ARGV[1], INADDR_ANY)) or exit 1' "$1" "$2"; }
works bind tcp 8080
works bind tcp 5432
works bind udp 53
bind udp 27015 || got "no way to bind udp 27015"
bind tcp 27015 || got "no way to bind tcp 27015"
bind udp 0 || got "no way to bind an ephemeral port"
# What a game needs.
[ "$HOME" = /game ] || got "another HOME"
touch /game/probe-write /tmp/probe-write || got "no way to write"
[ "$$" = 1 ] || [ "$(cat /proc/1/comm)" = srcds_run ] || got "not alone in its pid namespace"
echo end
