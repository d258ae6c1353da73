#!/bin/sh
# sandbox-probe.sh - what a hostile overlay tries. Prints one line a success: an intact sandbox prints nothing but "end".
got() { printf 'GOT %s\n' "$*"; }
reads() { for path in "$@"; do if cat "$path" >/dev/null 2>&1 || [ -n "$(ls -A "$path"/ 2>/dev/null)" ]; then got "read $path"; fi; done; }
state() { sed -n 's/^State:.\(.\).*/\1/p' "/proc/$1/status"; }
works() { if "$@" >/dev/null 2>&1; then got "$*"; fi; }

# The daemon's state, sockets, journal, other homes, tokens.
reads /var/lib /root /home /srv /mnt /var/log /run/log /etc/left4me /etc/left4me/token /etc/shadow /etc/sudoers /proc/kmsg
for path in /run/left4me /run/dbus /run/systemd/journal /run/systemd/private /run/user; do [ ! -e "$path" ] || got "see $path"; done
[ -z "$(find / -xdev -type s 2>/dev/null; find /run /dev /tmp -type s 2>/dev/null)" ] || got "a socket"
works busctl --system list
works systemctl is-system-running
[ -z "$(journalctl -q -n 1 2>/dev/null)" ] || got "journal"
# Through magic links of process 1, which is the launcher, and of whatever /proc shows.
reads /proc/1/root/var/lib /proc/1/root/root /proc/kcore /dev/mem /dev/kmsg /dev/sda /dev/vda /sys/kernel/security /sys/fs/pstore
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
works sh -c 'echo h >/proc/sysrq-trigger'
# System calls that must end in the filter (EPERM) or not exist (ENOSYS); any other answer has reached the kernel.
# shellcheck disable=SC2016 # the $ are perl's
filtered() { perl -e 'syscall(0 + $ARGV[0], (-1) x 6) == -1 && ($!{EPERM} || $!{ENOSYS}) or exit 1' "$2" || got "$1"; }
for call in ptrace:101 mount:165 umount2:166 pivot_root:155 chroot:161 swapon:167 reboot:169 init_module:175 delete_module:176 \
  finit_module:313 kexec_load:246 iopl:172 ioperm:173 settimeofday:164 clock_settime:227 adjtimex:159 quotactl:179 acct:163 \
  add_key:248 request_key:249 keyctl:250 bpf:321 perf_event_open:298 open_by_handle_at:304 process_vm_readv:310 \
  process_vm_writev:311 io_uring_setup:425 open_tree:428 move_mount:429 fsopen:430 fsconfig:431 fsmount:432 fspick:433 \
  pidfd_getfd:438 mount_setattr:442 userfaultfd:323 setns:308 sethostname:170 syslog:103 vhangup:153; do
  filtered "${call%:*}" "${call#*:}"
done
# Namespaces one by one, by unshare(2) with each flag.
for flag in 0x00020000 0x02000000 0x04000000 0x08000000 0x10000000 0x20000000 0x40000000 0x00000080; do
  # shellcheck disable=SC2016 # the $ are perl's
  works perl -e 'exit(syscall(272, hex $ARGV[0]) == 0 ? 0 : 1)' "$flag"
done
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
[ "$(cat /proc/1/comm)" = left4me-launch ] || got "not alone in its pid namespace"
# The launcher outlives whatever the game sends it.
for signal in KILL STOP TERM INT HUP SEGV; do kill -s "$signal" 1; done
sleep 0.2
case $(state 1) in S | R) ;; *) got "the launcher is $(state 1)" ;; esac
echo end
