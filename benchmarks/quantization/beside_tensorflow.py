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

ROOT = pathlib.Path(__file__).resolve().parents[2]

arguments = argparse.ArgumentParser()
arguments.add_argument("--models", required=True, type=pathlib.Path, help="folder of models, each a folder with a model.tflite")
arguments.add_argument("--data", type=pathlib.Path, help="folder of photographs; random images without")
arguments.add_argument("--names", default="mlperf_pretrainedResnet,seed_cnn_model_vs")
arguments.add_argument("--samples", type=int, default=100)
arguments.add_argument("--unseen", type=int, default=200, help="samples to compare outputs on")
options = arguments.parse_args()


def images(shape, scale, count, seed):
    """`count` images `[height, width, 3]`, 0 to `scale`."""
    random = np.random.default_rng(seed)
    height, width = shape[1:3]
    if options.data is None:
        coarse = random.uniform(0, scale, (count, 8, 8, shape[3])).astype(np.float32)
        return tf.image.resize(coarse, (height, width)).numpy()
    from PIL import Image
    files = sorted(path for path in options.data.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = random.permutation(len(files))[:count]
    pixels = [np.asarray(Image.open(files[i]).convert("RGB").resize((width, height)), np.float32) for i in chosen]
    return np.stack(pixels) * np.float32(scale / 255)


def by_tensorflow(content, samples):
    quantizer = calibrator.Calibrator(content)
    return bytes(quantizer.calibrate_and_quantize(
        lambda: ([sample[None]] for sample in samples), tf.int8, tf.int8, False, resize_input=False))


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
    scale = 255
    calibration = images(shape, scale, options.samples, 1)
    unseen = images(shape, scale, options.unseen, 2)
    with tempfile.TemporaryDirectory() as folder:
        ours = by_whittle(model, calibration, pathlib.Path(folder))
    theirs = by_tensorflow(content, calibration)
    compare(name, ours, theirs)
    real = run(content, unseen)
    found, expected = sqnr(real, run(ours, unseen)), sqnr(real, run(theirs, unseen))
    print(f"{name}: SQNR at the output {found:.3f} dB, TensorFlow's {expected:.3f} dB; "
          f"{len(ours)} bytes, TensorFlow's {len(theirs)}", flush=True)
    if found < expected:
        failures.append(f"{name}: SQNR {found:.3f} dB is below TensorFlow's {expected:.3f}")

for failure in failures:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
