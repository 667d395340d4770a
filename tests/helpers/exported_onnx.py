"""Plain dense networks as exporters write them to ONNX: PyTorch's two by PyTorch itself, tf2onnx's by hand."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
RNG = np.random.default_rng(0)

torch_models: dict[str, Callable[[Any], tuple[Any, tuple[int, ...]]]] = {
    "plain": lambda nn: (nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2)), (2, 3)),
    "without biases": lambda nn: (
        nn.Sequential(nn.Linear(3, 16, bias=False), nn.Tanh(), nn.Linear(16, 2, bias=False)),
        (2, 3),
    ),
    "deep": lambda nn: (
        nn.Sequential(nn.Linear(3, 16), nn.ELU(), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 1), nn.Sigmoid()),
        (1, 3),
    ),
    "one sample": lambda nn: (nn.Sequential(nn.Linear(3, 16), nn.SiLU(), nn.Linear(16, 2)), (3,)),
    "normalised": lambda nn: (
        nn.Sequential(nn.Linear(3, 16), nn.BatchNorm1d(16), nn.Softplus(), nn.Dropout(), nn.Linear(16, 2)),
        (2, 3),
    ),
    "images": lambda nn: (nn.Sequential(nn.Flatten(), nn.Linear(12, 16), nn.PReLU(), nn.Linear(16, 2)), (2, 3, 4)),
    "sequences": lambda nn: (nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)), (2, 3, 4)),
    "softplus of its own": lambda nn: (nn.Sequential(nn.Linear(3, 16), nn.Softplus(2.0), nn.Linear(16, 2)), (2, 3)),
    "log-sigmoid": lambda nn: (nn.Sequential(nn.Linear(3, 16), nn.LogSigmoid(), nn.Linear(16, 2)), (2, 3)),
    "clipped": lambda nn: (nn.Sequential(nn.Linear(3, 16), nn.Hardtanh(), nn.Linear(16, 2)), (2, 3)),
    "hard": lambda nn: (nn.Sequential(nn.Linear(3, 16), nn.Hardswish(), nn.Linear(16, 2)), (2, 3)),
}
"""Models of PyTorch and the shape of what each is exported with, given torch.nn."""


def exported(model: Any, x: Any, path: Path, dynamo: bool, **options: Any) -> None:
    """PyTorch's default export, or that of its older exporter."""
    import torch

    with warnings.catch_warnings():
        # Of the exporters, about themselves.
        warnings.simplefilter("ignore")
        if dynamo:
            torch.onnx.export(model.eval(), x, path, dynamo=True, verbose=False, **options)
        else:
            stream = io.BytesIO()
            torch.onnx.export(model.eval(), x, stream, dynamo=False, **options)
            path.write_bytes(stream.getvalue())


def op(kind: str, given: str, made: str, **attributes: Any) -> Any:
    return helper.make_node(kind, given.split(), made.split(), **attributes)


def built(nodes: list[Any], stored: dict[str, Any], given: tuple[str, int, list[Any]], outputs: dict[str, int]) -> Any:
    name, kind, shape = given
    graph = helper.make_graph(
        nodes,
        "tf2onnx",
        [helper.make_tensor_value_info(name, kind, shape)],
        [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in stored.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1), helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


DENSE = {
    "dense/kernel:0": RNG.normal(size=(4, 8)).astype(np.float32),
    "dense/bias:0": RNG.normal(size=8).astype(np.float32),
    "dense_1/kernel:0": RNG.normal(size=(8, 3)).astype(np.float32),
    "dense_1/bias:0": RNG.normal(size=3).astype(np.float32),
}
"""The arrays of two dense layers, with TensorFlow's names."""


def tf2onnx_layers(last: str, activation: str = "Relu", biases: bool = True) -> list[Any]:
    """MatMul, Add and the activation of two dense layers, with TensorFlow's names."""
    first, second = ("BiasAdd", "BiasAdd") if biases else ("MatMul", "MatMul")
    added = [
        op("Add", "model/dense/MatMul:0 dense/bias:0", "model/dense/BiasAdd:0"),
        op("Add", "model/dense_1/MatMul:0 dense_1/bias:0", "model/dense_1/BiasAdd:0"),
    ]
    return [
        op("MatMul", f"{last} dense/kernel:0", "model/dense/MatMul:0"),
        *added[: int(biases)],
        op(activation, f"model/dense/{first}:0", "model/dense/Relu:0"),
        op("MatMul", "model/dense/Relu:0 dense_1/kernel:0", "model/dense_1/MatMul:0"),
        *added[len(added) - int(biases) :],
        op("Identity", f"model/dense_1/{second}:0", "Identity:0"),
    ]


def tf2onnx(form: str, activation: str = "Relu", biases: bool = True) -> Any:
    """
    A graph as tf2onnx writes it of two dense layers of Keras; its input is 'x:0', its output 'Identity:0'.

    Keras flattens (height, width, channels): tf2onnx's --inputs-as-nchw puts a Transpose before it. Before the layers
    may be Keras's Normalization, and a batch normalisation that TensorFlow has folded into Mul and Add.
    """
    before: list[Any] = {
        "images, channels first": [
            op("Transpose", "x:0", "t:0", perm=[0, 2, 3, 1]),
            op("Reshape", "t:0 flatten/Const:0", "flatten:0"),
        ],
        "doubles": [op("Cast", "x:0", "flatten:0", to=FLOAT)],
        "normalised": [
            op("Sub", "x:0 mean:0", "sub:0"),
            op("Div", "sub:0 deviation:0", "div:0"),
            op("Mul", "div:0 gain:0", "mul:0"),
            op("Add", "mul:0 shift:0", "flatten:0"),
        ],
    }.get(form, [])
    stored: dict[str, Any] = {name: array for name, array in DENSE.items() if biases or "bias" not in name}
    rng = np.random.default_rng(1)
    if form == "images, channels first":
        stored |= {"dense/kernel:0": rng.normal(size=(12, 8)).astype(np.float32), "flatten/Const:0": np.array([-1, 12])}
    if form == "normalised":
        drawn = {"mean:0": rng.normal(size=(1, 4)), "deviation:0": rng.uniform(0.5, 2, (1, 4))}
        drawn |= {"gain:0": rng.normal(size=4), "shift:0": rng.normal(size=4)}
        stored |= {name: array.astype(np.float32) for name, array in drawn.items()}
    kind = TensorProto.DOUBLE if form == "doubles" else FLOAT
    layers = tf2onnx_layers("flatten:0" if before else "x:0", activation, biases)
    return built([*before, *layers], stored, ("x:0", kind, TF2ONNX[form]), {"Identity:0": FLOAT})


TF2ONNX: dict[str, list[Any]] = {
    "dense": ["unk__6", 4],
    "images, channels first": ["unk__6", 3, 2, 2],
    "sequences": ["unk__6", 5, 4],
    "doubles": [None, 4],
    "normalised": ["unk__6", 4],
}
"""The forms of tf2onnx, and the shape of the input of each."""
