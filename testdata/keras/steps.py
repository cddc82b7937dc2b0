#!/usr/bin/env python3
"""Makes the training steps beside it: for each of three small networks what it predicts, its loss on a batch, the gradients,
and its weights after one and three steps of each optimizer. Needs tensorflow-cpu 2.21 with Keras 3 and h5py:
python3 steps.py

NAME.npz holds float arrays: `input`, `target` (classes or values), `prediction` (without training), `loss` (of each of three
steps of SGD), `weights/I` in the order of `get_weights()`, and as one row each `gradient` in the order of
`trainable_variables` and `OPTIMIZER_STEPS` in that of `get_weights()`. The weights of `residual` are there in all forms that
Keras writes."""
import os
import pathlib
import zipfile

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(11)
random = np.random.default_rng(5)
here = pathlib.Path(__file__).parent

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(1e-3),
    "adamw": lambda: keras.optimizers.AdamW(1e-3),
    "rmsprop": lambda: keras.optimizers.RMSprop(1e-3),
}


def cnn():
    return keras.Sequential([
        layers.Input((8, 8, 2)),
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ])


def residual():
    x = image = layers.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(max_value=6)(x)
    shortcut = layers.Conv2D(8, 1, strides=2)(x)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-2)(x)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Conv2D(8, 1, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([shortcut, x])
    x = layers.Activation("hard_silu")(x)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.SeparableConv2D(5, 3, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(4, activation="softmax")(x)
    return keras.Model(image, x)


def autoencoder():
    return keras.Sequential([
        layers.Input((20,)),
        layers.Dense(12, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dense(4, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dense(12, activation="relu"),
        layers.Dense(20),
    ])


def randomize(model):
    for variable in model.variables:
        low, high = {"bias": (-0.2, 0.2), "beta": (-0.5, 0.5), "moving_mean": (-0.5, 0.5), "gamma": (0.5, 1.5),
                     "moving_variance": (0.5, 1.5)}.get(variable.name, (None, None))
        if low is not None:
            variable.assign(random.uniform(low, high, variable.shape))


def row(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def save(path, arrays):
    """As numpy.savez_compressed, but the same bytes each time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in arrays.items():
            with file.open(zipfile.ZipInfo(name + ".npy"), "w") as entry:
                np.lib.format.write_array(entry, np.asarray(array, np.float32), allow_pickle=False)


def record(name, model, loss, x, target):
    randomize(model)
    initial = model.get_weights()
    arrays = {"input": x, "target": target, "prediction": model(x, training=False)}
    arrays |= {f"weights/{i}": value for i, value in enumerate(initial)}
    if name == "residual":
        model.save_weights(here / "residual.weights.h5")
        model.save(here / "residual.h5")

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            value = loss(target, model(x, training=True))
        return value, tape.gradient(value, [variable.value for variable in model.trainable_variables])

    for optimizer_name, make in OPTIMIZERS.items():
        model.set_weights(initial)
        optimizer = make()
        losses = []
        for step in range(1, 4):
            value, gradient = gradients()
            losses.append(value)
            if optimizer_name == "sgd" and step == 1:
                arrays["gradient"] = row(gradient)
            optimizer.apply(gradient, model.trainable_variables)
            if step != 2:
                arrays[f"{optimizer_name}_{step}"] = row(model.get_weights())
        if optimizer_name == "sgd":
            arrays["loss"] = losses
    save(here / f"{name}.npz", arrays)


record("cnn", cnn(), keras.losses.SparseCategoricalCrossentropy(), random.normal(size=(10, 8, 8, 2)).astype(np.float32),
       np.array([0, 1, 2, 0, 2, 1, 1, 0, 2, 2], np.float32))
record("residual", residual(), keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
       random.normal(size=(11, 8, 8, 3)).astype(np.float32),
       np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1]])
inputs = random.uniform(-1, 1, (13, 20)).astype(np.float32)
record("autoencoder", autoencoder(), keras.losses.MeanSquaredError(), inputs, inputs)
