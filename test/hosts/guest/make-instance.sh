#!/bin/bash
# make-instance.sh NAME [MODE] [LAYERS] - publishes the next generation of an instance, as the daemon would.
set -euo pipefail
root=/var/lib/left4me
name=$1 mode=${2:-} layers=${3:-0}
instance=$root/instances/$name
number=1
while [[ -e $instance/gen/$number ]]; do number=$((number + 1)); done
generation=$instance/gen/$number

order=$instance/mount/$number
mkdir -p "$generation/layer/left4dead2/cfg" "$order/launch/.left4me" "$root/layers/base"
echo "hostname $name generation $number" >"$generation/layer/left4dead2/cfg/server.cfg"
install -m 775 "$(dirname "$0")/game.sh" "$root/layers/base/srcds_run"
printf '%s\0' ./srcds_run -game left4dead2 ${mode:+"$mode"} "two words" >"$order/launch/.left4me/argv"
ln -s launch "$order/000"
ln -s "$generation/layer" "$order/001"
for ((index = 1; index <= layers; index++)); do
  # Long names with every character that a layer's name may have.
  layer=$root/overlay-versions/$(printf '%04d@%%+=._-%050d' "$index" "$index")
  mkdir -p "$layer"
  echo "$index" >"$layer/layer-$index"
  ln -s "$layer" "$order/$(printf %03d $((index + 1)))"
done
ln -s "$root/layers/base" "$order/$(printf %03d $((layers + 2)))"
chown -R left4me:left4me-game "$instance" "$root/layers/base" "$root/overlay-versions"
chown left4me:left4me "$instance"
chmod -R g+w "$generation" "$root/layers/base"
ln -sfn "mount/$number" "$instance/current.new"
chown -h left4me: "$instance/current.new"
mv -T "$instance/current.new" "$instance/current"
