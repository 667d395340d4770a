"""Random ONNX models of dense, residual and concatenated layers, as exporters spell them, and what they compute."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from radon_nn.readers.graph import Understood
from radon_nn.readers.onnx.files import read_onnx_file

Floats = NDArray[np.float64]
FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
# Operators that came after the oldest version here: with the version that brought them.
SINCE = {"HardSwish": 14, "Gelu": 20, "Celu": 12, "ReLU-as-Max": 8}
ACTIVATIONS = [
    *("Relu", "Softplus", "Sigmoid", "Tanh", "Abs", "Sin", "HardSigmoid"),
    *("LeakyRelu", "Elu", "Selu", "PRelu", "Clip", "SiLU", "GELU"),
    *("LogSigmoid", "Shrink", "HardSwish", "Gelu", "Celu", "ReLU-as-Max", "Softplus-of-PyTorch"),
]
REFUSED = ("LayerNormalization", "x squared", "Softmax inside", "Mish", "two activations", "Less")


@dataclass
class Writer:
    """A model in the making; its arrays are (batch, width), or (width,) where it takes one sample."""

    rng: np.random.Generator
    version: int
    batched: bool
    activation: str
    nodes: list[Any] = field(default_factory=list)
    stored: dict[str, NDArray[Any]] = field(default_factory=dict)
    width: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def name(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def op(self, kind: str, *given: str, width: int = 0, results: int = 1, **attributes: Any) -> str:
        made = [self.name() for _ in range(results)]
        self.nodes.append(helper.make_node(kind, given, made, **attributes))
        self.width |= dict.fromkeys(made, width or self.width.get(given[0], 0) if given else 0)
        return made[0]

    def constant(self, numbers: Any) -> str:
        array = np.asarray(numbers)
        array = array.astype(np.float32) if array.dtype.kind == "f" else array
        if self.rng.random() < 0.3:
            return self.op("Constant", value=numpy_helper.from_array(array))
        name = self.name()
        self.stored[name] = array
        return name

    def normal(self, *shape: int) -> Floats:
        return self.rng.normal(0, 1 / np.sqrt(max(shape[0], 1)), shape)

    def one_of(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def with_axes(self, kind: str, given: str, axes: list[int], width: int, **attributes: Any) -> str:
        """Axes are an attribute in older versions, an operand in later ones."""
        since = {"ReduceMean": 18}.get(kind, 13)
        if self.version < since:
            return self.op(kind, given, axes=axes, width=width, **attributes)
        return self.op(kind, given, self.constant(np.array(axes)), width=width, **attributes)

    # What a model is made of: each takes arrays by name, and gives one.

    def dense(self, x: str, outputs: int) -> str:
        inputs, bias = self.width[x], self.normal(1, outputs)[0]
        kernel = self.kernel(inputs, outputs)
        how = self.one_of("gemm", "gemm", "matmul", "matmul", "left", "transposed") if self.batched else "matmul"
        if not self.batched and self.rng.random() < 0.4:
            how = "left"
        if how == "gemm":
            return self.gemm(x, inputs, outputs)
        if how == "left":
            weights = self.constant(self.normal(inputs, outputs).T)
            if not self.batched:
                return self.op("Add", self.op("MatMul", weights, x), self.constant(bias), width=outputs)
            columns = self.op("Add", self.op("MatMul", weights, self.turned(x)), self.constant(bias[:, None]))
            self.width[columns] = outputs
            return self.turned(columns)
        if how == "transposed":
            return self.op("Gemm", self.turned(x), kernel, self.constant(bias), transA=1, width=outputs)
        product = self.op("MatMul", x, kernel, width=outputs)
        terms = [product, self.constant(bias)]
        return self.op("Add", *terms[:: self.one_of(1, -1)], width=outputs)

    def gemm(self, x: str, inputs: int, outputs: int) -> str:
        attributes: dict[str, Any] = {}
        if self.rng.random() < 0.3:
            attributes |= {"alpha": 0.5, "beta": 2.0}
        kernel = self.kernel(inputs, outputs)
        if self.rng.random() < 0.5:
            kernel = self.constant(self.normal(inputs, outputs).T)
            attributes["transB"] = 1
        c = self.normal(1, outputs)
        given = [self.constant(self.one_of(c, c[0], c[0, 0]))]
        if self.version >= 11 and self.rng.random() < 0.2:
            given = []
        if self.rng.random() < 0.1 and self.width[x] == outputs:
            given = [x]
        return self.op("Gemm", x, kernel, *given, width=outputs, **attributes)

    def kernel(self, inputs: int, outputs: int) -> str:
        how = self.one_of("plain", "plain", "product", "turned", "scaled", "quantised")
        weights = self.normal(inputs, outputs)
        if how == "product":
            return self.op("MatMul", self.constant(self.normal(inputs, 3)), self.constant(self.normal(3, outputs)))
        if how == "turned":
            return self.op("Transpose", self.constant(weights.T), perm=[1, 0])
        if how == "scaled":
            return self.op("Mul", self.constant(weights), self.constant(np.float32(0.5)))
        if how == "quantised":
            whole = np.clip(np.round(weights * 50), -128, 127).astype(np.int8)
            if self.version >= 13 and self.rng.random() < 0.5:
                scales = self.constant(0.02 * (1 + self.rng.random(outputs)))
                points = self.constant(self.rng.integers(-3, 3, outputs).astype(np.int8))
                return self.op("DequantizeLinear", self.constant(whole), scales, points, axis=1)
            given = [self.constant(whole), self.constant(np.float32(0.02)), self.constant(np.int8(3))]
            return self.op("DequantizeLinear", *given[: self.one_of(2, 3)])
        return self.constant(weights)

    def turned(self, x: str) -> str:
        return self.op("Transpose", x, **({"perm": [1, 0]} if self.rng.random() < 0.5 else {}))

    def activated(self, x: str, kind: str | None = None) -> str:
        kind = kind or self.activation
        if kind == "PRelu":
            return self.op("PRelu", x, self.constant(self.one_of(np.full(1, 0.3), self.rng.random(self.width[x]))))
        if kind == "Clip":
            if self.version < 11:
                return self.op("Clip", x, min=-0.5, max=0.75)
            return self.op("Clip", x, self.constant(np.float32(-0.5)), self.constant(np.float32(0.75)))
        if kind == "SiLU":
            return self.op("Mul", *[x, self.op("Sigmoid", x)][:: self.one_of(1, -1)])
        if kind == "GELU":
            inner = self.op("Erf", self.op("Div", x, self.constant(np.float32(np.sqrt(2)))))
            gate = self.op("Add", inner, self.constant(np.float32(1)))
            return self.op("Mul", self.op("Mul", x, gate), self.constant(np.float32(0.5)))
        if kind == "LogSigmoid":
            return self.op("Log", self.op("Sigmoid", x))
        if kind == "Shrink":
            return self.op("Shrink", x, lambd=0.25, bias=0.25)
        if kind == "ReLU-as-Max":
            return self.op("Max", x, self.constant(self.one_of(np.float32(0), np.zeros(self.width[x]))))
        if kind == "Softplus-of-PyTorch":
            smooth = self.op("Softplus", x)
            return self.op("Where", self.op("Greater", x, self.constant(np.float32(20))), x, smooth)
        attributes = {
            "LeakyRelu": {"alpha": 0.2},
            "Elu": {"alpha": 0.7},
            "Celu": {"alpha": 2.0},
            "Gelu": {"approximate": self.one_of("none", "tanh")} if kind == "Gelu" else {},
        }
        return self.op(kind, x, **attributes.get(kind, {}))

    def combined(self, x: str, y: str) -> str:
        if self.width[x] != self.width[y]:
            y = self.dense(y, self.width[x])
        return self.op(self.one_of("Add", "Sub", "Sum"), *[x, y][:: self.one_of(1, -1)])

    def joined(self, x: str, y: str) -> str:
        axis = self.one_of(-1, 1 if self.batched else 0)
        return self.op("Concat", x, y, axis=axis, width=self.width[x] + self.width[y])

    def cut(self, x: str) -> str:
        width, axis = self.width[x], self.one_of(-1, 1 if self.batched else 0)
        if width < 2:
            return x
        how = self.one_of("Slice", "Split", "Gather")
        if how == "Slice":
            bounds = (1, self.one_of(width, 2**63 - 1), axis)
            if self.version < 10:
                cut = {key: [n] for key, n in zip(("starts", "ends", "axes"), bounds, strict=True)}
                return self.op("Slice", x, width=width - 1, **cut)
            return self.op("Slice", x, *[self.constant(np.array([n])) for n in bounds], width=width - 1)
        if how == "Gather":
            chosen = self.rng.integers(0, width, 2)
            return self.op("Gather", x, self.constant(chosen), axis=axis, width=2)
        if self.version < 13:
            first = self.op("Split", x, axis=axis, split=[1, width - 1], results=2)
        else:
            first = self.op("Split", x, self.constant(np.array([1, width - 1])), axis=axis, results=2)
        second = f"t{self.count}"
        self.width |= {first: 1, second: width - 1}
        return self.one_of(first, second)

    def reshaped(self, x: str) -> str:
        width = self.width[x]
        if not self.batched:
            return self.op("Reshape", self.op("Reshape", x, self.constant(np.array([1, -1]))), self.constant([width]))
        how = self.one_of("dynamic", "constant", "axes", "turned", "flat")
        if how == "dynamic":
            index = self.constant(np.array(0))
            length = self.op("Gather", self.op("Shape", x), index, axis=0)
            size = self.op("Concat", self.with_axes("Unsqueeze", length, [0], 0), self.constant(np.array([-1])), axis=0)
            return self.op("Reshape", x, size)
        if how == "constant":
            return self.op("Reshape", x, self.constant(np.array(self.one_of([0, -1], [-1, width], [0, width]))))
        if how == "axes":
            return self.with_axes("Squeeze", self.with_axes("Unsqueeze", x, [1], width), [1], width)
        if how == "turned" and width % 2 == 0:
            cube = self.op("Reshape", x, self.constant(np.array([-1, 2, width // 2])))
            return self.op("Flatten", self.op("Transpose", cube, perm=[0, 2, 1]), axis=1)
        return self.op("Flatten", x)

    def scaled(self, x: str) -> str:
        numbers = self.one_of(self.rng.uniform(0.5, 1.5, self.width[x]), np.float32(self.rng.uniform(0.5, 1.5)))
        kind = self.one_of("Add", "Sub", "Mul", "Div", "Neg")
        if kind == "Neg":
            return self.op("Neg", x)
        c = self.constant(numbers)
        if kind != "Div" and self.rng.random() < 0.5:
            return self.op(kind, c, x, width=self.width[x])
        return self.op(kind, x, c)

    def passed(self, x: str) -> str:
        kind = self.one_of("Identity", "Dropout", "Cast", "BatchNormalization", "centred")
        if kind == "Dropout" and self.version >= 12 and self.rng.random() < 0.5:
            return self.op("Dropout", x, self.constant(np.float32(0.3)), self.constant(np.array(False)))
        if kind == "Cast":
            return self.op("Cast", x, to=FLOAT)
        if kind == "BatchNormalization" and self.batched:
            numbers = [self.constant(self.rng.uniform(0.5, 1.5, self.width[x])) for _ in range(4)]
            return self.op("BatchNormalization", x, *numbers, epsilon=0.01)
        if kind == "centred":
            return self.op("Sub", x, self.with_axes("ReduceMean", x, [-1], 1, keepdims=1))
        return self.op("Dropout" if kind == "Dropout" else "Identity", x)

    def refused(self, x: str, kind: str) -> str:
        if kind == "LayerNormalization":
            return self.op(kind, x, self.constant(np.ones(self.width[x])), axis=-1)
        if kind == "x squared":
            return self.op("Mul", x, x)
        if kind == "Softmax inside":
            return self.op("Softmax", x, axis=-1)
        if kind == "Mish":
            return self.op("Mul", x, self.op("Tanh", self.op("Softplus", x)))
        if kind == "two activations":
            other = "Tanh" if self.activation != "Tanh" else "Relu"
            return self.op("Add", self.op(other, x), self.activated(x))
        return self.op("Cast", self.op("Less", x, self.constant(np.float32(0))), to=FLOAT)


@dataclass(frozen=True)
class Sentence:
    """A random model, what it takes, and why it is refused if it is to be."""

    model: Any
    inputs: dict[str, tuple[int, ...]]
    batch: int | str | None
    output: str
    several: bool
    refused: str


def sentence(seed: int, refusals: float = 0.1) -> Sentence:
    """A random model; with some probability it has an operator that is no sum of neurons."""
    rng = np.random.default_rng(seed)
    version = int(rng.choice([9, 11, 13, 17, 18, 20]))
    batch: int | str | None = [None, "n", "n", 1, 3][int(rng.integers(5))]
    known = [name for name in ACTIVATIONS if SINCE.get(name, 0) <= version]
    writer = Writer(rng, version, batch is not None, str(rng.choice(known)))
    inputs, entries = {}, []
    for k in range(int(rng.choice([1, 1, 2, 3]))):
        width = int(rng.integers(1, 6))
        inputs[f"x{k}"] = (width,)
        writer.width[f"x{k}"] = width
        entries.append(f"x{k}")
    last = entries[0]
    for entry in entries[1:]:
        last = writer.joined(last, entry)
    refused = str(rng.choice(REFUSED)) if rng.random() < refusals else ""
    values = [last]
    for layer in range(int(rng.integers(1, 4))):
        last = writer.activated(writer.dense(last, int(rng.integers(1, 7))))
        if refused and layer == 0:
            # A dense layer before it, so that it depends on the input whatever comes next.
            last = writer.refused(writer.dense(last, 3), refused)
        for _ in range(int(rng.integers(0, 4))):
            other = values[int(rng.integers(len(values)))]
            step = ["combined", "joined", "cut", "reshaped", "scaled", "passed"][int(rng.integers(6))]
            method = getattr(writer, step)
            last = method(last, other) if step in ("combined", "joined") else method(last)
        values.append(last)
    outputs = {writer.dense(last, int(rng.integers(1, 4))): FLOAT}
    end = next(iter(outputs))
    if batch is not None and rng.random() < 0.3:
        end = writer.op(writer.one_of("Softmax", "LogSoftmax", "Sigmoid"), end)
    outputs = {end: FLOAT}
    several = bool(rng.random() < 0.2)
    if several:
        outputs[writer.dense(values[0], 1)] = FLOAT
    if batch is not None and rng.random() < 0.2:
        outputs[writer.op("ArgMax", end, axis=1)] = TensorProto.INT64
    shapes = {name: ([] if batch is None else [batch]) + list(shape) for name, shape in inputs.items()}
    graph = helper.make_graph(
        writer.nodes,
        "g",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in shapes.items()],
        [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in writer.stored.items()],
    )
    opsets = [helper.make_opsetid("", version)] * int(rng.integers(1, 3))
    made = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    return Sentence(made, inputs, batch, end, several, refused)


def doubled(model: Any) -> Any:
    """The same model in float64, its constants those of float32, its quantised weights dequantised."""
    twin = onnx.ModelProto.FromString(model.SerializeToString())
    _simplify(twin.graph)
    for tensor in twin.graph.initializer:
        if tensor.data_type == FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))
    for node in twin.graph.node:
        for attribute in node.attribute:
            if attribute.name == "value" and attribute.t.data_type == FLOAT:
                attribute.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(attribute.t).astype(np.float64)))
            if node.op_type == "Cast" and attribute.i == FLOAT:
                attribute.i = DOUBLE
    for value in (*twin.graph.input, *twin.graph.output):
        if value.type.tensor_type.elem_type == FLOAT:
            value.type.tensor_type.elem_type = DOUBLE
    return twin


def _simplify(graph: Any) -> None:
    """
    Without operators whose older versions the reference lacks, or takes for others.

    It has no DequantizeLinear of before version 19, and normalises with the batch's own mean before version 14.
    """
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    for node in [node for node in graph.node if node.op_type == "DequantizeLinear"]:
        whole, scale, *point = [arrays[name].astype(np.float64) for name in node.input]
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
        along = [-1 if k == axis % whole.ndim else 1 for k in range(whole.ndim)] if scale.size > 1 else []
        zero = point[0].reshape(along) if point else 0
        weights = (whole - zero) * scale.reshape(along)
        graph.initializer.append(numpy_helper.from_array(weights, node.output[0]))
        graph.node.remove(node)
    for node in [node for node in graph.node if node.op_type == "BatchNormalization"]:
        gain, shift, mean, variance = (arrays[name].astype(np.float64) for name in node.input[1:])
        factor = gain / np.sqrt(variance + node.attribute[0].f)
        for name, array in ((f"{node.output[0]}_a", factor), (f"{node.output[0]}_b", shift - mean * factor)):
            graph.initializer.append(numpy_helper.from_array(array, name))
        scaled = helper.make_node("Mul", [node.input[0], f"{node.output[0]}_a"], [f"{node.output[0]}_c"])
        graph.node.insert(list(graph.node).index(node), scaled)
        node.CopyFrom(helper.make_node("Add", [f"{node.output[0]}_c", f"{node.output[0]}_b"], [node.output[0]]))


def points_for(made: Sentence, rng: np.random.Generator, count: int = 7) -> tuple[list[dict[str, Floats]], Floats]:
    """Feeds of a model, and the same points as rows, in the order of the inputs."""
    batch = count if made.batch == "n" else int(made.batch or 1)
    rows = rng.normal(0, 2, (count if made.batch == "n" else batch * 3, sum(w for (w,) in made.inputs.values())))
    rows = rows.astype(np.float32).astype(np.float64)
    feeds = []
    for start in range(0, len(rows), batch):
        part, feed, begin = rows[start : start + batch], {}, 0
        for name, (width,) in made.inputs.items():
            columns = part[:, begin : begin + width]
            feed[name] = columns[0] if made.batch is None else columns
            begin += width
        feeds.append(feed)
    return feeds, rows


def linked(read: Understood, values: Floats) -> Floats:
    """Outputs with the last function that was left off."""
    if read.link == "sigmoid":
        return 1 / (1 + np.exp(-values))
    if read.link:
        shifted = values - values.max(1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        return logs if read.link == "log_softmax" else np.exp(logs)
    return values


def error_of(path: Path, made: Sentence, **options: Any) -> float:
    """The largest difference of the network read from what ONNX itself computes, relative to the values, or to 1."""
    read = read_onnx_file(path, output=made.output if made.several else None, **options)
    feeds, rows = points_for(made, np.random.default_rng(0))
    reference = ReferenceEvaluator(doubled(made.model))
    wanted = np.concatenate([np.reshape(reference.run([made.output], feed)[0], (-1,)) for feed in feeds])
    got = linked(read, np.reshape(read.network(rows), (len(rows), -1))).reshape(-1)
    return float(np.abs(got - wanted).max() / max(1.0, np.abs(wanted).max()))
