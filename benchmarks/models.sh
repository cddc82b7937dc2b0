#!/usr/bin/env bash
# Writes the made models of docs/PERFORMANCE.md below a folder: benchmarks/models.sh DIR
set -euo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=config/jdk-25.sh
. "$root/config/jdk-25.sh"

if [ $# != 1 ]; then
  echo 'usage: benchmarks/models.sh DIR' >&2
  exit 2
fi
jdk=$(find_jdk_25) || { echo 'models.sh: no JDK 25 found: install one or set JAVA_HOME to it' >&2; exit 1; }
if [ ! -f "$root/benchmarks/target/whittle-benchmarks.jar" ]; then
  echo 'models.sh: the benchmarks are not built: mvn -q -Dmaven.test.skip=true -pl benchmarks -am package' >&2
  exit 1
fi
exec "$jdk/bin/java" --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 \
  -cp "$root/benchmarks/target/whittle-benchmarks.jar:$root/benchmarks/target/lib/*" \
  dev.whittle.benchmarks.BenchModels "$1"
