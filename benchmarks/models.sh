#!/usr/bin/env bash
# Writes the made models of docs/PERFORMANCE.md below a folder: benchmarks/models.sh DIR
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
run_benchmarks dev.whittle.benchmarks.BenchModels "$@"
