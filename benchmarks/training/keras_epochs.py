"""Trains the image classifier of the main job with Keras, one epoch for each line on standard input.

For each epoch one JSON line: images, CPU seconds of the process, seconds. Started by beside_keras.py.
"""
import argparse
import json
import os
import pathlib
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--data", type=pathlib.Path, required=True)
arguments.add_argument("--size", type=int, required=True)
arguments.add_argument("--threads", type=int, required=True)
arguments.add_argument("--images", type=int)
arguments.add_argument("--augment", action="store_true")
options = arguments.parse_args()

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["OMP_NUM_THREADS"] = str(options.threads)
import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow  # noqa: E402

tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
keras.utils.set_random_seed(7)

folder = options.data / "train" if (options.data / "train").is_dir() else options.data
images, labels = [], []
for number, name in enumerate(sorted(path.name for path in folder.iterdir() if path.is_dir())):
    for file in sorted((folder / name).iterdir())[:options.images]:
        decoded = tensorflow.io.decode_image(file.read_bytes(), channels=3, expand_animations=False)
        images.append(tensorflow.image.resize(decoded, (options.size, options.size)).numpy())
        labels.append(number)
images, labels = numpy.stack(images).astype("float32"), numpy.array(labels)

layers = keras.layers
network = [keras.Input((options.size, options.size, 3)), layers.Rescaling(1 / 255)]
if options.augment:
    network += [layers.RandomFlip("horizontal_and_vertical"), layers.RandomRotation(0.2)]
for filters in (16, 32, 64):
    network += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
network += [layers.Flatten(), layers.Dense(64, activation="relu"),
            layers.Dense(int(labels.max()) + 1, activation="softmax")]
model = keras.Sequential(network)
model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
batches = tensorflow.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images)).batch(32).prefetch(2)

print(json.dumps({"runtime": f"Keras {keras.__version__}, TensorFlow {tensorflow.__version__}"}), flush=True)
for _ in sys.stdin:
    cpu, wall = time.process_time(), time.perf_counter()
    history = model.fit(batches, epochs=1, verbose=0)
    print(json.dumps({"images": len(images), "cpuSeconds": time.process_time() - cpu,
                      "seconds": time.perf_counter() - wall, "loss": history.history["loss"][0]}), flush=True)
