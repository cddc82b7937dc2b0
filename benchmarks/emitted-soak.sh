#!/usr/bin/env bash
# Millions of inferences of kernels that are machine code, under three collectors, watching resident memory and outputs:
# benchmarks/emitted-soak.sh [--inferences N]; N is 10,000,000 by default, for each collector.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
inferences=10000000
if [ $# -eq 2 ] && [ "$1" = --inferences ]; then
  inferences=$2
elif [ $# -gt 0 ]; then
  echo 'usage: benchmarks/emitted-soak.sh [--inferences N]' >&2
  exit 2
fi
for collector in Serial G1 Z; do
  echo "-XX:+Use${collector}GC"
  # The heap is all there from the beginning, so that only other memory can grow.
  (run_benchmarks --enable-native-access=ALL-UNNAMED "-XX:+Use${collector}GC" -Xms512m -Xmx512m -XX:+AlwaysPreTouch \
    dev.whittle.benchmarks.EmittedSoak "$inferences")
done
