#!/usr/bin/env bash
# How soon a plain JVM answers that has the engine on its class path, with machine code and without, with the Vector API and
# without, five times each; no archive of classes: benchmarks/first-inference.sh MODEL.tflite; milliseconds.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
if [ $# -ne 1 ]; then
  echo 'usage: benchmarks/first-inference.sh MODEL.tflite' >&2
  exit 2
fi
target=$(dirname "${BASH_SOURCE[0]}")/target
classes=$(printf '%s:' "$target"/lib/whittle-engine-*.jar "$target"/lib/flatbuffers-java-*.jar)$target/whittle-benchmarks.jar
printf 'flags\tfirst answer after main began\tmedian of the next 20\tplanning, warm\n'
for flags in '--enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector' --enable-native-access=ALL-UNNAMED \
  --add-modules=jdk.incubator.vector; do
  for _ in 1 2 3 4 5; do
    printf '%s\t' "$flags"
    # shellcheck disable=SC2086
    (run_plain -cp "$classes" $flags dev.whittle.benchmarks.FirstInference "$1") 2>/dev/null
  done
done
