#!/usr/bin/env bash
# Trains the benchmark networks for an epoch and compares their files with TensorFlow Lite: benchmarks/zoo.sh DIR
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
run_benchmarks --enable-native-access=ALL-UNNAMED dev.whittle.benchmarks.ZooTraining "$@"
