#!/usr/bin/env bash
# How long safepoints take to be reached where one thread infers and another allocates, four megabytes and then a rest, under
# three collectors: benchmarks/emitted-safepoints.sh [--tier emitted|vector|scalar|counting] [--seconds N] [--rest N];
# microseconds, from the JVM's own log. With "counting" the first thread but counts, which shows what the machine itself takes.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
tier=emitted
seconds=30
rest=1000
while [ $# -gt 0 ]; do
  case $1 in
    --tier) tier=${2:?} ;;
    --seconds) seconds=${2:?} ;;
    --rest) rest=${2:?} ;;
    *)
      echo 'usage: benchmarks/emitted-safepoints.sh [--tier emitted|vector|scalar|counting] [--seconds N] [--rest N]' >&2
      exit 2
      ;;
  esac
  shift 2
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'collector\tsafepoints\tmedian\tp99\tmost\n'
for collector in Serial G1 Z; do
  (run_benchmarks --enable-native-access=ALL-UNNAMED "-XX:+Use${collector}GC" -Xmx420m "-Xlog:safepoint:file=$log:none" \
    dev.whittle.benchmarks.SafepointLoad "$tier" "$seconds" "$rest") >/dev/null
  sed -n 's/.*Reaching safepoint: *\([0-9]*\) ns.*/\1/p' "$log" | sort -n | awk -v collector="$collector" '
    { waits[NR] = $1 }
    END {
      printf "%s\t%d\t%.0f\t%.0f\t%.0f\n", collector, NR, waits[int((NR + 1) / 2)] / 1000,
        waits[int(NR * 0.99 + 0.99)] / 1000, waits[NR] / 1000
    }'
done
