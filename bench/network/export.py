"""Write trained weights as the service's ONNX file: `python -m bench.network.export WEIGHTS`."""

import argparse
import io
import time
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from bench.network.model import Network
from bench.network.network_input import CHANNELS, SIDE
from bench.network.pixel_classes import MODEL_FILE

TOLERANCE = 0.05  # of a logit, between PyTorch and OpenCV, whose weights have half precision
MAX_BYTES = 2**20


def export(weights: Path, out: Path) -> None:
    """Fold the normalization into the convolutions and write the file."""
    network = Network()
    network.load_state_dict(torch.load(weights))
    network.eval()
    example = torch.zeros(1, CHANNELS, SIDE, SIDE)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (example,), file, opset_version=17, dynamo=False,
            input_names=["image"], output_names=["logits"],
        )  # fmt: skip
    model = onnx.load_model_from_string(file.getvalue())
    _halve(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, out)


def _halve(graph: Any) -> None:
    """Store the weights in half precision; they are converted back when the file is loaded."""
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > 4:
            half = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}.half")
            cast = helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT)
            graph.initializer.remove(tensor)
            graph.initializer.append(half)
            graph.node.insert(0, cast)


def compare(weights: Path, file: Path) -> float:
    """Return the largest difference of a logit between PyTorch and OpenCV."""
    network = Network()
    network.load_state_dict(torch.load(weights))
    network.eval()
    inputs = np.random.default_rng(0).uniform(-1, 1, (1, CHANNELS, SIDE, SIDE)).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(inputs)).numpy()
    opencv = cv2.dnn.readNetFromONNX(str(file), cv2.dnn.ENGINE_CLASSIC)
    times = []
    for _ in range(30):
        start = time.perf_counter()
        opencv.setInput(inputs)
        found = opencv.forward()
        times.append(time.perf_counter() - start)
    print(f"{file.stat().st_size} bytes, {1000 * min(times):.1f} ms at best")
    return float(np.abs(found - expected).max())


def main() -> None:
    """Export and check."""
    parser = argparse.ArgumentParser(prog="python -m bench.network.export", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    export(options.weights, options.out)
    apart = compare(options.weights, options.out)
    print(f"PyTorch and OpenCV differ by {apart:.2g}")
    if apart > TOLERANCE or options.out.stat().st_size > MAX_BYTES:
        raise SystemExit("too different, or too large")


if __name__ == "__main__":
    main()
