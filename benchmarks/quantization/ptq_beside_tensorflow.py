"""Quantizes one float classifier to int8 with Whittle and with TensorFlow's converter, and scores both on test images.

The weights of the float .tflite file (of `whittle convert`) are put into a TensorFlow function of the same layers, which
`tf.lite.TFLiteConverter` makes int8 with the same calibration images that `whittle quantize` gets. All files run in TensorFlow's
interpreter with its reference kernels, and the int8 ones in `whittle evaluate` too. Exits 1 where Whittle's file is the less
accurate. Needs Python with tensorflow and pillow.

    ./whittle train --data photos --size 75 --epochs 15 --patience 15 --seed 1 --out trained
    ./whittle convert trained/best.whittle --out model.tflite
    python3 benchmarks/quantization/ptq_beside_tensorflow.py --model model.tflite --data photos
"""
import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.filterwarnings("ignore")
import numpy as np
import tensorflow as tf
from PIL import Image
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.python.interpreter import OpResolverType
from tensorflow.lite.tools import flatbuffer_utils

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACTIVATIONS = {0: tf.identity, 1: tf.nn.relu, 3: tf.nn.relu6}
PADDINGS = {0: "SAME", 1: "VALID"}

arguments = argparse.ArgumentParser()
arguments.add_argument("--model", required=True, type=pathlib.Path, help="a float .tflite file")
arguments.add_argument("--data", required=True, type=pathlib.Path,
                       help="folder with train/ and test/, each a folder per class; or with train.csv and test.csv")
arguments.add_argument("--samples", type=int, default=100, help="training images to calibrate with")
arguments.add_argument("--calibration", default="min_max", help="Whittle's method; TensorFlow has minimum and maximum")
options = arguments.parse_args()


def listed(part):
    """Paths and classes of a set, in Whittle's order."""
    table = options.data / f"{part}.csv"
    if table.exists():
        with open(table, newline="") as rows:
            return [(table.parent / row["path"], row["label"]) for row in csv.DictReader(rows)]
    files = sorted(path for path in (options.data / part).glob("*/*") if path.is_file())
    return [(path, path.parent.name) for path in files]


def pixels(path, shape):
    """An image `[height, width, 3]`, 0 to 255."""
    image = Image.open(path).convert("RGB")
    if image.size != (shape[2], shape[1]):
        sys.exit(f"{path} is {image.size}, the model takes {shape}: both programs would resize it in their own way")
    return np.asarray(image, np.float32)


def interpreter(content):
    made = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    made.allocate_tensors()
    return made


def rebuilt(content):
    """The float file as a TensorFlow function, operator by operator."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    made = tf.lite.Interpreter(model_content=content, experimental_preserve_all_tensors=True,
                               experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    made.allocate_tensors()
    constants = {i: made.get_tensor(i) for i, tensor in enumerate(graph.tensors)
                 if model.buffers[tensor.buffer].data is not None}
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}

    @tf.function(input_signature=[tf.TensorSpec(graph.tensors[graph.inputs[0]].shape, tf.float32, name="image")],
                 autograph=False)
    def function(image):
        values = {graph.inputs[0]: image}
        for operator in graph.operators:
            x, *rest = [values.get(i, constants.get(i)) for i in operator.inputs]
            how = operator.builtinOptions
            kind = names[model.operatorCodes[operator.opcodeIndex].builtinCode]
            if kind == "RESIZE_BILINEAR":
                y = tf.raw_ops.ResizeBilinear(images=x, size=rest[0], align_corners=how.alignCorners,
                                             half_pixel_centers=how.halfPixelCenters)
            elif kind in ("MUL", "ADD"):
                y = x * rest[0] if kind == "MUL" else x + rest[0]
            elif kind == "CONV_2D":
                y = tf.nn.conv2d(x, rest[0].transpose(1, 2, 3, 0), (how.strideH, how.strideW), PADDINGS[how.padding],
                                 dilations=(how.dilationHFactor, how.dilationWFactor)) + rest[1]
            elif kind == "DEPTHWISE_CONV_2D":
                y = tf.nn.depthwise_conv2d(x, rest[0].transpose(1, 2, 3, 0), (1, how.strideH, how.strideW, 1),
                                           PADDINGS[how.padding]) + rest[1]
            elif kind == "FULLY_CONNECTED":
                y = tf.matmul(x, rest[0].transpose()) + rest[1]
            elif kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
                pool = tf.nn.max_pool2d if kind == "MAX_POOL_2D" else tf.nn.avg_pool2d
                y = pool(x, (how.filterHeight, how.filterWidth), (how.strideH, how.strideW), PADDINGS[how.padding])
            elif kind == "RESHAPE":
                y = tf.reshape(x, rest[0])
            elif kind == "SOFTMAX":
                y = tf.nn.softmax(x)
            else:
                sys.exit(f"{options.model} has {kind}, which this script does not rebuild")
            values[operator.outputs[0]] = ACTIVATIONS[getattr(how, "fusedActivationFunction", 0)](y)
        return values[graph.outputs[0]]

    return function


def by_tensorflow(function, samples):
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def whittle(*command):
    subprocess.run([str(ROOT / "whittle"), *map(str, command)], check=True, stdout=subprocess.DEVNULL)


def by_whittle(calibration, folder):
    """Images and not arrays, as TensorFlow's samples: Whittle takes an image's range to be 0 to 255, whatever it holds."""
    for part, rows in (("train", calibration), ("validation", test), ("test", test)):
        with open(folder / f"{part}.csv", "w", newline="") as table:
            csv.writer(table).writerows([("path", "label"), *((path.resolve(), label) for path, label in rows)])
    out = folder / "whittle.tflite"
    whittle("quantize", options.model, "--mode", "int8", "--calibration", options.calibration, "--data", folder,
            "--samples", len(calibration), "--out", out)
    return out.read_bytes()


def scores(content, images):
    """`[image][class]`, in TensorFlow's interpreter."""
    made = interpreter(content)
    start, end = made.get_input_details()[0], made.get_output_details()[0]
    found = []
    for image in images:
        image = image.astype(np.float32)
        if start["dtype"] == np.int8:
            scale, zero = start["quantization"]
            image = np.clip(np.round(image / scale) + zero, -128, 127).astype(np.int8)
        made.set_tensor(start["index"], image[None])
        made.invoke()
        output = made.get_tensor(end["index"])[0]
        if end["dtype"] == np.int8:
            output = (output.astype(np.float64) - end["quantization"][1]) * end["quantization"][0]
        found.append(output)
    return np.stack(found)


def scores_on_whittle(content, folder):
    """As `scores`, in `whittle evaluate`."""
    file = folder / "scored.tflite"
    file.write_bytes(content)
    whittle("evaluate", file, "--data", options.data, "--record", folder)
    with open(folder / "predictions.json") as recorded:
        return [prediction["scores"] for prediction in json.load(recorded)["predictions"]]


def row(name, runtime, content, found, expected, labels):
    predicted = found.argmax(1)
    f1 = []
    for label in range(found.shape[1]):
        hits = np.sum((predicted == label) & (labels == label))
        f1.append(2 * hits / max(np.sum(predicted == label) + np.sum(labels == label), 1))
    accuracy = np.mean(predicted == labels)
    print(f"| {name} | {runtime} | {accuracy:.4f} | {np.mean(f1):.4f} | {np.sum(predicted != expected.argmax(1))} "
          f"| {np.mean(np.abs(found - expected)):.5f} | {len(content)} |", flush=True)
    return accuracy


content = options.model.read_bytes()
shape = interpreter(content).get_input_details()[0]["shape"]
training, test = listed("train"), listed("test")
taken = min(options.samples, len(training))
calibration = [training[i * len(training) // taken] for i in range(taken)]
samples = np.stack([pixels(path, shape) for path, _ in calibration])
images = np.stack([pixels(path, shape) for path, _ in test]).astype(np.uint8)
classes = sorted({label for _, label in test})
labels = np.array([classes.index(label) for _, label in test])

function = rebuilt(content)
expected = scores(content, images)
rebuilt_difference = max(np.max(np.abs(function(image[None].astype(np.float32)).numpy()[0] - score))
                         for image, score in zip(images[:20], expected))
print(f"{options.model.name}: {taken} images to calibrate with, {len(test)} to judge; scores of the float file and of "
      f"TensorFlow's function differ by {rebuilt_difference:.1e} at most\n")
print("| file | runs on | accuracy | F1 | changed | score change | bytes |\n|---|---|---:|---:|---:|---:|---:|")
row("float", "TensorFlow", content, expected, expected, labels)
accuracies = {}
with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    for name, file in (("Whittle int8", by_whittle(calibration, folder)), ("TensorFlow int8", by_tensorflow(function, samples))):
        accuracies[name] = row(name, "TensorFlow", file, scores(file, images), expected, labels)
        row(name, "Whittle", file, np.array(scores_on_whittle(file, folder)), expected, labels)
sys.exit(1 if accuracies["Whittle int8"] < accuracies["TensorFlow int8"] else 0)
