#!/usr/bin/env bash
# Trains epoch by epoch, one for each line on standard input; started by training/beside_keras.py.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/java.sh"
run_benchmarks dev.whittle.benchmarks.TrainingEpochs "$@"
