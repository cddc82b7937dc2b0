# Sourced by the scripts beside it: run_benchmarks CLASS [ARGUMENT...] hands over to a main class of the benchmarks, with the
# flags of the launcher; run_plain without them.
# shellcheck shell=bash

run_benchmarks() {
  run_plain --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 "$@"
}

run_plain() {
  local root jdk
  root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  # shellcheck source=config/jdk-25.sh
  . "$root/config/jdk-25.sh"
  jdk=$(find_jdk_25) || { echo 'benchmarks: no JDK 25 found: install one or set JAVA_HOME to it' >&2; exit 1; }
  if [ ! -f "$root/benchmarks/target/whittle-benchmarks.jar" ]; then
    echo 'benchmarks: not built yet: mvn -q -Dmaven.test.skip=true -pl benchmarks -am package' >&2
    exit 1
  fi
  exec "$jdk/bin/java" -cp "$root/benchmarks/target/whittle-benchmarks.jar:$root/benchmarks/target/lib/*" "$@"
}
