#!/bin/sh
# Trains extract_html's models anew: tools/train_extract.sh PAGES GOLD.jsonl WORK [K/N]
#   PAGES   a folder of <name>.html      GOLD   {"name": "<name>.html", "url", "text"} a line      WORK   a folder for what lies between
# Writes src/html/hint_table.h, model_first.h and model_second.h. K/N leaves out a fold, for measuring on it. PYTHON needs numpy and lightgbm.
set -eu
pages=$1 gold=$2 work=$3 fold=${4-}
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON-python3}
mkdir -p "$work"
build() { cmake --build --preset bench >"$work/build.log" 2>&1 || { tail -20 "$work/build.log"; exit 1; }; }
learn() { "$python" "$root/tools/train_extract.py" "$@"; }
cd "$root"
build
blocks() { build/bench/bench_html "$pages" --blocks "$@"; }
blocks >"$work/blocks.bin"
[ -e "$work/labels.npz" ] || learn labels "$work/blocks.bin" "$gold" "$work/labels.npz"
learn hints "$work/blocks.bin" "$work/labels.npz" src/html/hint_table.h $fold
build
blocks >"$work/blocks.bin"
learn first "$work/blocks.bin" "$work/labels.npz" src/html/model_first.h "$work/first.bin" $fold
blocks "$work/first.bin" >"$work/blocks.bin"
learn second "$work/blocks.bin" "$work/labels.npz" src/html/model_second.h $fold
build
