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
report() {
    printf '%s: %s ok, %s not ok; see %s\n' "$1" "$(grep -acE '^ok ' "$2")" "$(grep -acE '^not ok ' "$2")" "$2"
    grep -aE '^not ok ' "$2"
}
for cpu in scalar avx2 best; do
    log=$logs/split_scan-$cpu.log
    [ $cpu = best ] && unset CIYUAN_CPU || export CIYUAN_CPU=$cpu
    CIYUAN_SPLIT_ROUNDS=$texts build/release/ciyuan-tests split_scan >"$log" 2>&1 </dev/null || failed=1
    report "split_scan, $cpu" "$log"
done
log=$logs/tokens.log # the peer once for all variants: it takes most of the time
CIYUAN_CPUS="scalar avx2 best" CIYUAN_TEXTS=$texts "$deps/venv/bin/python" tests/parity/tokens.py >"$log" 2>&1 </dev/null || failed=1
report "tokens, every variant" "$log"
exit $failed
