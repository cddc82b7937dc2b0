#!/usr/bin/env bash
# Runs JMH with its own arguments, such as: benchmarks/jmh.sh ModelBenchmark -p model=model.tflite -prof gc
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
run_benchmarks org.openjdk.jmh.Main "$@"
