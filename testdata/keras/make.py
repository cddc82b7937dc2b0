#!/usr/bin/env python3
"""Makes the Keras weight files beside it: a small network with random weights, its weights in each form that Keras writes
them, an input and what Keras predicts for it. Needs tensorflow-cpu 2.21 with Keras 3 and h5py:  python3 make.py"""
import os
import pathlib

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

keras.utils.set_random_seed(7)
here = pathlib.Path(__file__).parent
model = keras.Sequential([
    keras.layers.Input((12, 10, 3)),
    keras.layers.Rescaling(1 / 255),
    keras.layers.Conv2D(4, (3, 2), activation="relu"),
    keras.layers.MaxPooling2D(2),
    keras.layers.Conv2D(5, 3, activation="relu"),
    keras.layers.Flatten(),
    keras.layers.Dense(6, activation="relu"),
    keras.layers.Dense(3, activation="softmax"),
])
for variable in model.trainable_variables:
    if variable.name == "bias":
        variable.assign(np.random.uniform(-0.2, 0.2, variable.shape))
x = np.random.randint(0, 256, (5, 12, 10, 3)).astype(np.float32)
np.savez(here / "small.npz", *model.get_weights())
model.save_weights(here / "small.weights.h5")
model.save(here / "small.h5")
np.save(here / "input.npy", x)
np.save(here / "output.npy", model.predict(x, verbose=0))
