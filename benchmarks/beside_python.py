"""Times models in Whittle and in the interpreter of TensorFlow for Python, in turns, and prints one table.

The interpreter has XNNPACK on, as it comes. Each turn times the one for some seconds, then the other; the figure of either is the
median of its turns' medians. Needs Python with tensorflow, and Whittle built.

    python3 benchmarks/beside_python.py --threads 1 models
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.filterwarnings("ignore")
import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).resolve().parents[1]

arguments = argparse.ArgumentParser(description="Times models in Whittle and in TensorFlow for Python, in turns.")
arguments.add_argument("models", nargs="+", type=pathlib.Path, help=".tflite files, or folders of such")
arguments.add_argument("--threads", type=int, default=1, help="threads of one inference (default: 1)")
arguments.add_argument("--turns", type=int, default=3, help="turns of each (default: 3)")
arguments.add_argument("--seconds", type=float, default=1, help="of each turn (default: 1)")
options = arguments.parse_args()


def files():
    for path in options.models:
        found = sorted(path.rglob("*.tflite")) if path.is_dir() else [path]
        if not found or not all(file.is_file() for file in found):
            sys.exit(f"{path}: no .tflite file there")
        yield from found


def interpreter(path):
    """Ready to be invoked on random input."""
    made = tf.lite.Interpreter(str(path), num_threads=options.threads)
    made.allocate_tensors()
    random = np.random.default_rng(1)
    for place in made.get_input_details():
        kind = place["dtype"]
        values = random.random(place["shape"]) * (1 if np.issubdtype(kind, np.floating) else 127)
        made.set_tensor(place["index"], values.astype(kind))
    return made


def microseconds_of_tensorflow(made):
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end:
        made.invoke()
    times = []
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end:
        start = time.perf_counter_ns()
        made.invoke()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1e3


def microseconds_of_whittle(path):
    command = [ROOT / "whittle", "bench", path, "--json", "--threads", str(options.threads),
               "--seconds", str(options.seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    measurement = json.loads(done.stdout)["measurement"]
    return measurement["latency"]["p50"] * 1e3, measurement["kernels"].lower(), measurement["arithmetic"].lower()


print(f"TensorFlow {tf.__version__}, threads {options.threads}, {options.turns} turns of {options.seconds:g} s\n")
print("| model | arithmetic | kernels | Whittle p50 µs | TensorFlow p50 µs | ratio |")
print("|---|---|---|---|---|---|")
ratios = {}
for file in files():
    made = interpreter(file)
    theirs, ours = [], []
    for _ in range(options.turns):
        theirs.append(microseconds_of_tensorflow(made))
        micros, kernels, arithmetic = microseconds_of_whittle(file)
        ours.append(micros)
    ratio = statistics.median(ours) / statistics.median(theirs)
    ratios.setdefault(arithmetic, []).append(ratio)
    name = file.stem if file.stem != "model" else file.parent.name
    print(f"| {name} | {arithmetic} | {kernels} | {statistics.median(ours):,.2f} | {statistics.median(theirs):,.2f} "
          f"| {ratio:.2f} |", flush=True)
for arithmetic, those in ratios.items():
    mean = math.exp(statistics.mean(map(math.log, those)))
    print(f"\n{arithmetic}: geometric mean {mean:.2f} of {len(those)}")
