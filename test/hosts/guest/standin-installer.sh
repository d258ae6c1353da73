#!/bin/bash
# standin-installer.sh - stands in for the installer: runs in the sandbox of left4me-install.service as left4me-steam, and does what
# STANDIN in /etc/left4me/install.env says. What it finds goes to its outbox.
outbox=/run/left4me/steam
cd /var/lib/left4me/game || exit 9
tell() { cat >"$outbox/$1.new" && mv "$outbox/$1.new" "$outbox/$1"; }

# Every way in which SteamCMD changes files, on files of lower layers and on new ones.
change() {
  set -e
  umask 0002
  chmod 600 mode
  rm gone dir/gone
  echo new >new
  mv new over
  echo more >>append
  touch -d 2001-01-01T00:00:00Z time
  mkdir made
  echo made >made/file
  rm -r emptied
  rm -r again
  mkdir again
  echo b >again/b
  mv moved moved-away
  ln -s over link
  find . -printf '%p %y %m %s %T@\n' | sort | tell listing
}

# What a hostile program may leave. Prints what it was allowed to do.
hostile() {
  {
    chmod 4755 append && echo "setuid by chmod"
    perl -e 'use Fcntl; sysopen(my $f, "setuid", O_CREAT | O_WRONLY, 04755) and print "setuid by open\n"'
    mknod device c 1 3 && echo "device"
    mknod whiteout c 0 0 && echo "whiteout"
    chown left4me append && echo "chown"
    ln /etc/passwd stolen && echo "hard link out of the stage"
    mount -t tmpfs tmpfs . && echo "mount"
  } 2>/dev/null | tell allowed
  mkfifo fifo
  ln append hard
  ln -s /etc/shadow shadow
  ln -s / root
  perl -e 'for (1 .. 1500) { mkdir "d" or die; chdir "d" or die }'
  mkdir -p closed/in
  chmod 0 closed/in closed .
}

probe() {
  {
    id
    for path in /etc/left4me/steam-account /run/left4me/operator.sock /run/dbus/system_bus_socket /run/systemd/private /var/lib/left4me/layers /var/lib/left4me/stage \
      /var/lib/left4me/runtime /run/left4me/failures /root/.ssh /home/x; do
      if [[ -r $path || -w $path ]]; then echo "sees $path"; fi
    done
    ls /var/lib/left4me /run/left4me
    processes=(/proc/[0-9]*)
    echo ${#processes[@]}
    touch /run/left4me/install/x /var/lib/left4me/x /usr/x 2>/dev/null && echo "writes"
    touch "$HOME/x" && stat -c '%a %U %n' "$HOME"
    echo "shm $(find /dev/shm -mindepth 1 | wc -l) $(($(stat -f -c '%b*%S' /dev/shm)))"
    echo "account $(od -An -c "$CREDENTIALS_DIRECTORY/steam-account" | tr -s ' ')"
  } 2>/dev/null | tell probe
}

case ${STANDIN:-} in
  change) change ;;
  hostile) hostile ;;
  probe) probe ;;
  fill)
    mkdir -p "$outbox/closed/in"
    head -c 64M /dev/zero >"$outbox/closed/in/large"
    chmod 0 "$outbox/closed/in" "$outbox/closed"
    ;;
  stubborn)
    trap '' TERM
    (trap '' TERM; sleep 1000 & wait; sleep 1000) &
    echo written >begun
    while :; do sleep 1; done
    ;;
  wait)
    echo written >begun
    sleep 1000
    ;;
  fail) exit 7 ;;
esac
cp /run/left4me/install/order "$outbox/order"
echo ended >"$outbox/end"
