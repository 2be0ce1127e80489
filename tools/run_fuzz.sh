#!/bin/sh
# Runs every fuzz target on its seeds, SECONDS each; what it finds lies in build/fuzz/findings/.  run_fuzz.sh [SECONDS [TARGET …]]
set -u
seconds=${1:-600}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(ls build/fuzz | grep '^fuzz_')
failed=0
export LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0
for target in "$@"; do
    name=${target#fuzz_}
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/findings/$name"
    seeds=tests/fuzz/seeds/$name
    [ -d "$seeds" ] || seeds=
    printf '%s: %s seconds … ' "$target" "$seconds"
    # shellcheck disable=SC2086
    if build/fuzz/"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -artifact_prefix="build/fuzz/findings/$name/" \
        "build/fuzz/corpus/$name" $seeds >"build/fuzz/$name.log" 2>&1; then
        tail -n 1 "build/fuzz/$name.log"
    else
        failed=1
        echo "a finding; see build/fuzz/$name.log"
    fi
done
exit $failed
