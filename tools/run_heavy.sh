#!/bin/sh
# The comparisons of tokens that take too long for every run of ./test: a million random texts a vocabulary beside tiktoken, a million a
# pattern beside PCRE2, by every variant of the kernels.  run_heavy.sh [TEXTS]
set -u
cd "$(dirname "$0")/.." || exit 2
texts=${1:-1000000}
deps=${CIYUAN_DEPS:-$PWD/.deps}
logs=$PWD/build/heavy
failed=0
export CMOCKA_MESSAGE_OUTPUT=TAP
mkdir -p "$logs"
for cpu in scalar avx2 best; do
    [ $cpu = best ] && unset CIYUAN_CPU || export CIYUAN_CPU=$cpu
    for what in split_scan tokens; do
        log=$logs/$what-$cpu.log
        printf '%s, %s: ' "$what" "$cpu"
        if [ $what = tokens ]; then
            CIYUAN_TEXTS=$texts "$deps/venv/bin/python" tests/parity/tokens.py
        else
            CIYUAN_SPLIT_ROUNDS=$texts build/release/ciyuan-tests split_scan
        fi >"$log" 2>&1 </dev/null || failed=1
        printf '%s ok, %s not ok; see %s\n' "$(grep -acE '^ok ' "$log")" "$(grep -acE '^not ok ' "$log")" "$log"
        grep -aE '^not ok ' "$log"
    done
done
exit $failed
