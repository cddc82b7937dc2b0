#!/usr/bin/env bash
# Runs JMH with its own arguments, such as: benchmarks/jmh.sh ModelBenchmark -p model=model.tflite -prof gc
set -euo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=config/jdk-25.sh
. "$root/config/jdk-25.sh"

jdk=$(find_jdk_25) || { echo 'jmh.sh: no JDK 25 found: install one or set JAVA_HOME to it' >&2; exit 1; }
if [ ! -f "$root/benchmarks/target/whittle-benchmarks.jar" ]; then
  echo 'jmh.sh: the benchmarks are not built: mvn -q -Dmaven.test.skip=true -pl benchmarks -am package' >&2
  exit 1
fi
exec "$jdk/bin/java" --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 \
  -cp "$root/benchmarks/target/whittle-benchmarks.jar:$root/benchmarks/target/lib/*" \
  org.openjdk.jmh.Main "$@"
