"""Quantizes float .tflite files to int8 with Whittle and with TensorFlow, on the same samples, and compares the files.

TensorFlow's is `lite.python.optimize.calibrator`, which takes a float file. Compared are the scales of weights (bit for bit),
scales and zero points of activations (ranges: minimum and maximum), the codes of weights and biases, and the outputs on
samples that calibration has not seen, against the float file: SQNR in dB, both files run by TensorFlow's reference kernels.
Exits 1 where a bound is broken. Needs Python with tensorflow and pillow.

    python3 benchmarks/quantization/beside_tensorflow.py --models models --data photos
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from tensorflow.lite.python.interpreter import OpResolverType
from tensorflow.lite.python.optimize import calibrator
from tensorflow.lite.tools import flatbuffer_utils

ROOT = pathlib.Path(__file__).resolve().parents[2]

arguments = argparse.ArgumentParser()
arguments.add_argument("--models", required=True, type=pathlib.Path, help="folder of models, each a folder with a model.tflite")
arguments.add_argument("--data", type=pathlib.Path, help="folder of photographs; random images without")
arguments.add_argument("--names", default="mlperf_pretrainedResnet,seed_cnn_model_vs")
arguments.add_argument("--samples", type=int, default=100)
arguments.add_argument("--unseen", type=int, default=200, help="samples to compare outputs on")
options = arguments.parse_args()


def images(shape, count, seed):
    """`count` images `[height, width, 3]`, 0 to 255."""
    random = np.random.default_rng(seed)
    height, width = shape[1:3]
    if options.data is None:
        coarse = random.uniform(0, 255, (count, 8, 8, shape[3])).astype(np.float32)
        return tf.image.resize(coarse, (height, width)).numpy()
    from PIL import Image
    files = sorted(path for path in options.data.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = random.permutation(len(files))[:count]
    pixels = [np.asarray(Image.open(files[i]).convert("RGB").resize((width, height)), np.float32) for i in chosen]
    return np.stack(pixels)


def by_tensorflow(content, samples):
    quantizer = calibrator.Calibrator(content)
    return bytes(quantizer.calibrate_and_quantize(
        lambda: ([sample[None]] for sample in samples), tf.int8, tf.int8, False, resize_input=False))


def by_tensorflow_apart(content, samples):
    """As `by_tensorflow`, with all activations outputs of the graph while it is calibrated, and only then not.

    TensorFlow's calibrator looks at an operator's inputs once more when the operator has run. Since its kernels work in
    place (ADD writes over an input that nothing else reads), it then sees the output, and gives the input a range that
    holds both. Memory of outputs is not shared, so that each tensor gets the range of what it holds.
    """
    apart = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = apart.subgraphs[0]
    outputs = list(graph.outputs)
    graph.outputs = outputs + [i for operator in graph.operators for i in operator.outputs if i not in outputs]
    names = [graph.tensors[i].name for i in outputs]
    quantized = flatbuffer_utils.read_model_from_bytearray(bytearray(
        by_tensorflow(bytes(flatbuffer_utils.convert_object_to_bytearray(apart)), samples)))
    graph = quantized.subgraphs[0]
    graph.outputs = [i for i in graph.outputs if graph.tensors[i].name in names]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(quantized))


def by_whittle(model, samples, folder):
    array, out = folder / "samples.npy", folder / "whittle.tflite"
    np.save(array, samples)
    subprocess.run([str(ROOT / "whittle"), "quantize", str(model), "--mode", "int8", "--npy", str(array),
                    "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    return out.read_bytes()


def interpreter(content):
    made = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                               experimental_preserve_all_tensors=True)
    made.allocate_tensors()
    return made


def run(content, samples):
    made = interpreter(content)
    start, end = made.get_input_details()[0], made.get_output_details()[0]
    outputs = []
    for sample in samples:
        if start["dtype"] != np.float32:
            scale, zero = start["quantization"]
            sample = np.clip(np.round(sample / scale) + zero, -128, 127).astype(np.int8)
        made.set_tensor(start["index"], sample[None])
        made.invoke()
        output = made.get_tensor(end["index"]).astype(np.float64)
        if end["dtype"] != np.float32:
            output = (output - end["quantization"][1]) * end["quantization"][0]
        outputs.append(output)
    return np.stack(outputs)


def sqnr(real, quantized):
    return 10 * np.log10(np.sum(real ** 2) / np.sum((real - quantized) ** 2))


def operators(content):
    """Of each operator, its name and the details of its inputs and outputs, QUANTIZE and DEQUANTIZE left out."""
    made = interpreter(content)
    details = {detail["index"]: detail for detail in made.get_tensor_details()}
    for operator in made._get_ops_details():
        if operator["op_name"] not in ("QUANTIZE", "DEQUANTIZE", "DELEGATE"):
            yield (operator["op_name"], made,
                   [details[i] for i in operator["inputs"] if i >= 0], [details[i] for i in operator["outputs"]])


def parameters(detail):
    found = detail["quantization_parameters"]
    return found["scales"], found["zero_points"]


# Scales in the last bit decide how a few codes of biases are rounded, either way.
TOLERANCE = 0.01
failures = []


def compare(name, ours, theirs):
    worst, zeros, unequal, codes, tensors = 0.0, 0, 0, 0, 0
    for (op, a, inputs_a, outputs_a), (op_b, b, inputs_b, outputs_b) in zip(operators(ours), operators(theirs),
                                                                          strict=True):
        assert op == op_b, (op, op_b)
        for number, (x, y) in enumerate(zip(inputs_a + outputs_a, inputs_b + outputs_b, strict=True)):
            (scale_a, zero_a), (scale_b, zero_b) = parameters(x), parameters(y)
            if len(scale_a) == 0 and len(scale_b) == 0:
                continue
            tensors += 1
            is_weight = number in (1, 2) and op in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED") \
                and number < len(inputs_a)
            if len(scale_a) != len(scale_b):
                failures.append(f"{name} {op} {x['name']}: {len(scale_a)} scales, TensorFlow's has {len(scale_b)}")
                continue
            relative = float(np.max(np.abs(scale_a - scale_b) / scale_b))
            if is_weight:
                different = int(np.sum(a.get_tensor(x["index"]) != b.get_tensor(y["index"])))
                codes += different
                if number == 1 and not np.array_equal(scale_a, scale_b):
                    unequal += 1
                    failures.append(f"{name} {op} {x['name']}: weight scales differ by {relative:.2e}")
            else:
                worst = max(worst, relative)
                zeros = max(zeros, int(np.max(np.abs(zero_a - zero_b))))
                if relative > 1e-5 or np.max(np.abs(zero_a - zero_b)) > 1:
                    failures.append(f"{name} {op} {x['name']}: scale {scale_a} zero {zero_a}, "
                                    f"TensorFlow's {scale_b} {zero_b}")
    print(f"{name}: {tensors} quantized tensors; {unequal} weight tensors with other scales; activation scales differ by "
          f"{worst:.2e} at most, zero points by {zeros}; {codes} codes of weights and biases differ")


for name in options.names.split(","):
    model = options.models / name / "model.tflite"
    content = model.read_bytes()
    shape = interpreter(content).get_input_details()[0]["shape"]
    calibration = images(shape, options.samples, 1)
    unseen = images(shape, options.unseen, 2)
    with tempfile.TemporaryDirectory() as folder:
        ours = by_whittle(model, calibration, pathlib.Path(folder))
    theirs, shared = by_tensorflow_apart(content, calibration), by_tensorflow(content, calibration)
    compare(name, ours, theirs)
    real = run(content, unseen)
    found, expected, with_shared = (sqnr(real, run(file, unseen)) for file in (ours, theirs, shared))
    print(f"{name}: SQNR at the output {found:.3f} dB; TensorFlow's {expected:.3f} dB, with ranges from shared memory "
          f"{with_shared:.3f} dB; {len(ours)} bytes, TensorFlow's {len(theirs)}", flush=True)
    if found < expected - TOLERANCE:
        failures.append(f"{name}: SQNR {found:.3f} dB is below TensorFlow's {expected:.3f}")

for failure in failures:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
