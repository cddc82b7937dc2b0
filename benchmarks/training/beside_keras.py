"""Trains the same network on the same photographs with Whittle and with Keras, in turns, epoch by epoch.

Both run pinned to the same processors with as many threads; what each prints is images per CPU-second of its whole
process. Needs Python with tensorflow-cpu, and the benchmarks built (see docs/PERFORMANCE.md).

    python3 benchmarks/training/beside_keras.py --data photos --size 75 --augment
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

arguments = argparse.ArgumentParser()
arguments.add_argument("--data", required=True, help="folder with one sub-folder per class, or train/ above them")
arguments.add_argument("--size", type=int, default=75, help="pixels along each side that the network sees")
arguments.add_argument("--augment", action="store_true", help="flips and rotation")
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--images", type=int, default=0, help="so many photographs of each class at most")
arguments.add_argument("--warm", type=int, default=3, help="epochs of each that do not count")
arguments.add_argument("--rounds", type=int, default=3, help="epochs of each that count")
arguments.add_argument("--without-keras", action="store_true")
options = arguments.parse_args()
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])

same = ["--data", options.data, "--size", str(options.size), "--threads", str(options.threads)]
same += ["--images", str(options.images)] if options.images else []
same += ["--augment"] if options.augment else []
commands = {"Whittle": [str(HERE.parent / "train.sh"), *same]}
if not options.without_keras:
    commands["Keras"] = [sys.executable, str(HERE / "keras_epochs.py"), *same]


def start(command):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(json.loads(process.stdout.readline())["runtime"], flush=True)
    return process


def epoch(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


processes = {name: start(command) for name, command in commands.items()}
rates = {name: [] for name in processes}
for number in range(options.warm + options.rounds):
    for name, process in processes.items():
        result = epoch(process)
        rate = result["images"] / result["cpuSeconds"]
        print(f"{name:8} epoch {number + 1}  {rate:7.0f} images/CPU-s  "
              f"{result['images'] / result['seconds']:7.0f} images/s  loss {result['loss']:.4f}", flush=True)
        if number >= options.warm:
            rates[name].append(rate)
for process in processes.values():
    process.stdin.close()
    process.wait()
middle = {name: statistics.median(each) for name, each in rates.items()}
for name, rate in middle.items():
    print(f"{name:8} {rate:7.0f} images/CPU-s, the median of {options.rounds}")
if "Keras" in middle:
    print(f"Whittle over Keras {middle['Whittle'] / middle['Keras']:.2f}")
