"""PyTorch modules, traced by torch.fx: Sequential and hand-written forward methods; torch is imported by the user."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.readers import activation_names
from radon_nn.readers.graph import Understood
from radon_nn.readers.layers import AnyTranslation, Translation
from radon_nn.readers.refusals import asking
from radon_nn.readers.torch_programs import constants_of, program_of, whole
from radon_nn.readers.values import Value

_PASSED = ("alpha_dropout", "contiguous", "double", "dropout", "feature_alpha_dropout", "float", "identity", "type_as")
_SHAPES = ("flatten", "reshape", "squeeze", "unsqueeze", "view")
_PARAMETERS = {
    "elu": ("alpha",),
    "celu": ("alpha",),
    "leaky_relu": ("negative_slope",),
    "softplus": ("beta",),
    "hardtanh": ("min_val", "max_val"),
    "clamp": ("min", "max"),
    "clip": ("min", "max"),
}
_DEFAULTS = {
    "alpha": 1.0,
    "negative_slope": 0.01,
    "beta": 1.0,
    "min_val": -1.0,
    "max_val": 1.0,
    "min": -math.inf,
    "max": math.inf,
}
_MODULES = {
    "CELU": "celu",
    "ELU": "elu",
    "GELU": "gelu",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Hardtanh": "hardtanh",
    "LeakyReLU": "leaky_relu",
    "LogSigmoid": "logsigmoid",
    "LogSoftmax": "log_softmax",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "SELU": "selu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Tanh": "tanh",
}
_OTHERS = ("BatchNorm1d", "Dropout", "AlphaDropout", "Flatten", "Identity", "Linear", "PReLU")


@dataclass(frozen=True, eq=False)
class _Shape:
    """A size or anything else computed from shapes: not a value of the network."""


@dataclass
class _Trace:
    """The values of a trace's nodes, in the order of computation."""

    graph: Translation
    modules: dict[str, Any]
    seen: dict[Any, Any]
    read: Callable[[Any], Any]

    def given(self, node: Any) -> Any:
        """An argument of a node: a value, an array, a shape or a plain Python object."""
        if isinstance(node, list | tuple):
            return type(node)(self.given(part) for part in node)
        try:
            return self.seen.get(node, node)
        except TypeError:
            return node

    def module(self, node: Any) -> Value:
        """The output of a layer."""
        layer, where = self.modules[node.target], f"{node.target} ({type(self.modules[node.target]).__name__})"
        value = self.given(node.args[0])
        names = [base.__name__ for base in type(layer).__mro__]
        if not isinstance(value, Value):
            raise ValueError(f"{where}: expected it to act on a value of the network, got something else")
        if "Linear" in names:
            bias = None if layer.bias is None else self.read(layer.bias)
            return self.graph.affine(value, self.read(layer.weight), bias, name=where)
        if "BatchNorm1d" in names:
            return self._normalised(value, layer, where)
        if "PReLU" in names:
            return self.graph.prelu(value, self.read(layer.weight).reshape(-1))
        if any("Dropout" in name for name in names):
            self.graph.note("Dropout is passed over, as in evaluation")
            return value
        if "Identity" in names or "Flatten" in names:
            return value
        known = next((_MODULES[name] for name in names if name in _MODULES), None)
        if known is None:
            raise _unsupported(where)
        return activated(self.graph, known, value, vars(layer))

    def _normalised(self, value: Value, layer: Any, where: str) -> Value:
        if layer.running_mean is None or layer.running_var is None:
            raise ValueError(f"{where}: expected running statistics, got track_running_stats=False: no fixed function")
        gain = 1.0 if layer.weight is None else self.read(layer.weight)
        shift = 0.0 if layer.bias is None else self.read(layer.bias)
        self.graph.note("BatchNorm1d is folded, by its running statistics")
        return self.graph.norm(
            value, self.read(layer.running_mean), self.read(layer.running_var) + layer.eps, gain, shift
        )

    def call(self, node: Any) -> Any:
        """The result of a function or a method."""
        name = (node.target if isinstance(node.target, str) else node.target.__name__).strip("_")
        arguments = [self.given(argument) for argument in node.args]
        options = {key: self.given(value) for key, value in node.kwargs.items()}
        first = arguments[0] if arguments else options.get("input")
        # Sizes of values, and anything computed from sizes, are no values of the network.
        if name in ("size", "getattr", "len") or isinstance(first, _Shape):
            return _Shape()
        if name in ("iadd", "add", "sub", "isub", "mul", "imul", "truediv", "itruediv", "div", "matmul", "linear"):
            unknown = sorted(set(options) - {"input", "other", "weight", "bias", "mat2"})
            if unknown:
                raise ValueError(f"{node.name}: expected {name} of two operands, got also {', '.join(unknown)}")
            return _arithmetic(self.graph, name, [*arguments, *options.values()], node.name, self.read)
        if name in ("cat", "concat", "concatenate") and isinstance(first, list | tuple):
            return self.graph.join([_value(part, node.name) for part in first])
        value = _value(first, node.name)
        if name == "neg":
            return self.graph.scale(value, -1.0)
        if name in _PASSED or name in _SHAPES:
            if "dropout" in name:
                self.graph.note("Dropout is passed over, as in evaluation")
            return value
        if name == "prelu":
            return self.graph.prelu(value, self.read(arguments[1]).reshape(-1))
        positional = dict(zip(_PARAMETERS.get(name, ()), arguments[1:], strict=False))
        try:
            return activated(self.graph, name, value, {**positional, **options})
        except ValueError as error:
            raise ValueError(f"{node.name}: the function {name} is not supported; {error}") from error


def activated(graph: Translation, name: str, value: Value, options: dict[str, Any]) -> Value:
    """
    An activation by its name in PyTorch.

    Parameters
    ----------
    graph : Translation
        The computation to which it is added.
    name : str
        The name of the function: 'relu', 'gelu', 'clamp'.
    value : Value
        The value it acts on.
    options : dict
        Its options, by PyTorch's names; those not given have PyTorch's defaults.

    Returns
    -------
    Value
        The result.

    Raises
    ------
    ValueError
        If no activation has that name.
    """
    if name in ("softmax", "log_softmax"):
        return graph.softmax(value, name)
    if name == "gelu":
        name = "gelu_tanh" if options.get("approximate", "none") == "tanh" else "gelu"
    keys = _PARAMETERS.get(name, ())
    plain = [_DEFAULTS[key] if options.get(key) is None else float(options[key]) for key in keys]
    if name in ("clamp", "hardtanh"):
        name = "clip"
    return activation_names.named(graph, value, name, *plain)


def read_torch(model: Any, *, logits: bool = True, program: Any = None) -> Understood:
    """
    The network of a torch.nn.Module, in evaluation.

    torch.fx traces its forward method without running it: Sequential, hand-written modules, residual sums and
    concatenations are read, as long as the control flow does not depend on the data.

    Parameters
    ----------
    model : torch.nn.Module
        The model; it is not changed.
    logits : bool
        Leave off a final sigmoid or softmax, so that the outputs are logits; otherwise a softmax is refused.
    program : torch.fx.Graph, optional
        What `program_of` returned for this model, to save tracing it again.

    Returns
    -------
    Understood
        The network, and what was folded or passed over.

    Raises
    ------
    ValueError
        If the model cannot be traced, or has a layer or function that is not supported.
    """
    name = type(getattr(model, "_orig_mod", model)).__name__
    graph, output = traced(model, lambda width: Translation(width, logits=logits, given=math.inf), program=program)
    try:
        return graph.finish(output, f"PyTorch {name}")
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def traced(
    model: Any,
    make: Callable[[int], AnyTranslation],
    read: Callable[[Any], Any] | None = None,
    *,
    program: Any = None,
) -> tuple[AnyTranslation, Value]:
    """
    The computation of a torch.nn.Module, traced by torch.fx.

    Parameters
    ----------
    model : torch.nn.Module
        The model; it is not changed.
    make : callable
        From the number of inputs to the graph that takes up the computation.
    read : callable, optional
        From a weight to the array that the graph holds; `array` if not given.
    program : torch.fx.Graph, optional
        What `program_of` returned for this model.

    Returns
    -------
    graph : Translation
        The graph that was made.
    output : Value
        The result of the computation.

    Raises
    ------
    ValueError
        If the model cannot be traced, or has a layer or function that is not supported.
    """
    fx = importlib.import_module("torch.fx")
    program = program_of(model) if program is None else program
    model = whole(model, fx)
    name = type(model).__name__
    modules = dict(model.named_modules())
    inputs = [node for node in program.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise ValueError(f"{name}: expected one input, got {[node.name for node in inputs]}")
    constants = constants_of(program, model, fx)
    width = _inputs(program, modules, constants, name)
    graph = make(width)
    reading = _Trace(graph, modules, dict(constants), read or array)
    handlers: dict[str, Callable[[Any], Any]] = {
        "placeholder": lambda node: reading.graph.input,
        "call_module": reading.module,
        "call_function": reading.call,
        "call_method": reading.call,
        "output": lambda node: reading.given(node.args[0]),
    }
    for node in program.nodes:
        if node not in constants:
            reading.seen[node] = handlers[node.op](node)
    return graph, _value(reading.seen[node], f"{name}, output")


def array(tensor: Any) -> Floats:
    """
    A tensor as a NumPy array.

    Parameters
    ----------
    tensor : torch.Tensor
        Real numbers, on any device.

    Returns
    -------
    ndarray
        A float64 copy.

    Raises
    ------
    TypeError
        If the tensor is complex or quantised.
    """
    if tensor.is_complex() or tensor.is_quantized:
        raise TypeError(f"weights: expected real numbers, got a tensor of {tensor.dtype}")
    return np.array(tensor.detach().cpu().double().numpy(), np.float64)


def evaluate_torch(model: Any, points: Floats) -> tuple[Floats, float]:
    """
    The live model's outputs in evaluation.

    Parameters
    ----------
    model : torch.nn.Module
        The model; its modes are restored, and no gradients are recorded.
    points : ndarray, shape (n, ...)
        Points, in the shape that the model takes.

    Returns
    -------
    outputs : ndarray, shape (n, o)
        The outputs.
    precision : float
        The relative precision of its arithmetic.
    """
    torch = importlib.import_module("torch")
    modes = {module: module.training for module in model.modules()}
    weights = next(model.parameters(), torch.zeros(1))
    model.eval()
    try:
        with torch.no_grad(), asking(model, points):
            outputs = model(torch.as_tensor(points, dtype=weights.dtype, device=weights.device))
        return array(outputs).reshape(len(points), -1), float(torch.finfo(weights.dtype).eps)
    finally:
        for module, mode in modes.items():
            module.training = mode


def _inputs(program: Any, modules: dict[str, Any], constants: dict[Any, Any], name: str) -> int:
    """The number of inputs, from the first layer or matrix that determines it."""
    # How many times the input's length a value has that no layer has changed yet.
    times: dict[Any, int] = {}
    for node in program.nodes:
        if node.op == "placeholder":
            times[node] = 1
            continue
        before = [other for other in node.all_input_nodes if other in times]
        if not before or node in constants:
            continue
        width = _width_of(node, modules, constants)
        if width is not None:
            return width // times[before[0]]
        joins = getattr(node.target, "__name__", "") in ("cat", "concat", "concatenate")
        parts = node.args[0] if joins and node.args else before[:1]
        times[node] = sum(times.get(part, 0) for part in parts)
    layers = [modules[node.target] for node in program.nodes if node.op == "call_module"]
    raise _unsupported(type(layers[0]).__name__ if layers else f"{name}, without a Linear layer")


def _width_of(node: Any, modules: dict[str, Any], constants: dict[Any, Any]) -> int | None:
    """The length of what a layer or a matrix product takes; None for others."""
    if node.op == "call_module":
        widths = (getattr(modules[node.target], key, None) for key in ("in_features", "num_features"))
        return next((width for width in widths if isinstance(width, int)), None)
    matrix: Any = next((constants[before] for before in node.all_input_nodes if before in constants), None)
    if getattr(matrix, "ndim", 0) != 2:
        return None
    # x @ W has as many inputs as W has rows; linear(x, W) as many as W has columns.
    return int(matrix.shape[1 if getattr(node.target, "__name__", "") == "linear" else 0])


def _unsupported(what: str) -> ValueError:
    return ValueError(
        f"{what}: expected layers among {', '.join(sorted({*_MODULES, *_OTHERS}))}; replace it, or hand over the part "
        "of the model that has only those"
    )


def _value(found: Any, where: str) -> Value:
    if not isinstance(found, Value):
        raise ValueError(f"{where}: expected a value of the network, got {type(found).__name__}")
    return found


def _arithmetic(graph: Translation, name: str, arguments: list[Any], where: str, read: Callable[[Any], Any]) -> Value:
    """Sums, differences, multiples and matrix products of values with values or constants."""
    left, right, *more = [read(part) if hasattr(part, "detach") else part for part in arguments]
    if name == "linear":
        return graph.affine(_value(left, where), right, more[0] if more else None, name=where)
    if name == "matmul":
        if isinstance(left, Value):
            return graph.affine(left, right.T, name=where)
        raise ValueError(f"{where}: expected x @ W, with the matrix on the right")
    if isinstance(left, Value) and isinstance(right, Value):
        if name in ("add", "iadd"):
            return graph.add(left, right)
        if name in ("sub", "isub"):
            return graph.add(left, graph.scale(right, -1.0))
        raise ValueError(f"{where}: expected sums of values, got a {name} of two of them, which is no network")
    value: Any
    number: Any
    value, number = (left, right) if isinstance(left, Value) else (right, left)
    number = number if hasattr(number, "detach") else np.asarray(number, np.float64)
    if name in ("add", "iadd"):
        return graph.scale(value, 1.0, number, name=where)
    if name in ("mul", "imul"):
        return graph.scale(value, number, name=where)
    if name in ("sub", "isub"):
        sign = 1.0 if value is left else -1.0
        return graph.scale(value, sign, -sign * number, name=where)
    if value is right:
        raise ValueError(f"{where}: expected division by constants, got a constant divided by a value")
    return graph.scale(value, 1 / number, name=where)
