#!/bin/bash
# race.sh COUNT - a compromised daemon swaps a layer with a link to root's directory while the helper mounts it.
# Prints, for the helper and for a careless one: how often it mounted, refused, and showed the secret.
set -euo pipefail
count=$1
store=/var/lib/left4me/overlay-versions runtime=/var/lib/left4me/runtime/race
"$(dirname "$0")/make-instance.sh" race
mkdir -p /root/secret "$store/race"
echo top-secret >/root/secret/key
ln -s /root/secret "$store/race-evil"
chown -h left4me: "$store/race" "$store/race-evil"
ln -sfn "$store/race" /var/lib/left4me/instances/race/mount/1/002
ln -s /var/lib/left4me/layers/base /var/lib/left4me/instances/race/mount/1/003

# renameat2(2) with RENAME_EXCHANGE: at every moment there is one or the other.
# shellcheck disable=SC2016 # the $ are perl's
setpriv --reuid left4me --regid left4me --clear-groups -- \
  perl -e 'chdir $ARGV[0]; my ($a, $b) = ("race", "race-evil"); syscall(316, -100, $a, -100, $b, 2) while 1' "$store" &
attacker=$!
trap 'kill $attacker' EXIT

careful() { /usr/libexec/left4me/left4me-overlay mount race; }
# Looks for links, then mounts by path. The pause: it refuses so fast that the attacker would not get a turn between two tries.
careless() {
  local layer=$store/race
  sleep 0.005
  [[ -d $layer && ! -L $layer ]] || return 1
  mount -t overlay -o "lowerdir=$layer:/var/lib/left4me/layers/base,upperdir=$runtime/upper,workdir=$runtime/work" left4me "$runtime/merged"
}

# Until the careful one has made the directories, there is nothing that the careless one could mount on.
until careful 2>/dev/null; do :; done
umount "$runtime/merged"
for helper in careful careless; do
  mounted=0 refused=0 exposed=0
  for ((i = 0; i < count; i++)); do
    if "$helper" 2>/dev/null; then
      mounted=$((mounted + 1))
      [[ ! -e $runtime/merged/key ]] || exposed=$((exposed + 1))
      umount "$runtime/merged"
    else
      refused=$((refused + 1))
    fi
  done
  echo "$helper mounted=$mounted refused=$refused exposed=$exposed"
done
