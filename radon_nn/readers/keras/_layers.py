"""Layers of Keras 3 as affine maps and activations, from their configurations and arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.readers.keras._older_configs import HARD_SIGMOID
from radon_nn.readers.keras._weights import MODELS
from radon_nn.readers.layers import Tensor, Translation, exact, spread
from radon_nn.readers.values import Value


@dataclass(frozen=True)
class LayerCall:
    """A layer, its configuration and arrays, and the tensors it is applied to."""

    graph: Translation
    kind: str
    config: Mapping[str, Any]
    arrays: list[NDArray[Any]]
    given: list[Tensor]

    @property
    def value(self) -> Value:
        """The first input."""
        return self.given[0].value

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample of the first input."""
        return self.given[0].shape

    def number(self, key: str, default: float) -> float:
        """A finite number of the configuration; the default if it is absent or null."""
        found = self.config.get(key, default)
        return checks.finite(default if found is None else found, key)

    def weights(self, *names: str) -> list[Floats]:
        """The layer's arrays, exactly as many as named."""
        if len(self.arrays) != len(names):
            raise ValueError(
                f"expected {counted(len(names), 'array')} ({', '.join(names) or 'none'}), got {len(self.arrays)}; the "
                "model may not be built, or its layers may not be Keras' own"
            )
        return [exact(array, name) for array, name in zip(self.arrays, names, strict=True)]

    def flat(self, axis: Any = -1) -> None:
        """Refuse inputs other than vectors, and axes other than their only one."""
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        if len(self.shape) != 1 or any(a not in (-1, 1) for a in axes) or len(axes) != 1:
            raise ValueError(f"expected inputs of shape (batch, features), axis -1, got {self.shape}, axis {axis}")

    def setting(self, key: str) -> Any:
        """A setting that every version of Keras writes: without it, the layer is not the one that was saved."""
        if key not in self.config:
            raise ValueError(f"expected {key!r} in the layer's configuration, got none; save the model again")
        return self.config[key]

    def same(self, value: Value) -> Tensor:
        """A value of the shape of the first input."""
        return self.given[0].same(value)


def _dense(call: LayerCall) -> Tensor:
    call.flat()
    bias = ("bias",) if call.setting("use_bias") else ()
    kernel, *rest = call.weights("kernel", *bias)
    units = checks.count(call.config["units"], "units")
    if kernel.shape != (call.value.dim, units):
        raise ValueError(f"kernel: expected shape ({call.value.dim}, {units}), got {kernel.shape}")
    value = call.graph.affine(call.value, kernel.T, rest[0] if rest else None, name="kernel")
    return _activated(call, value, call.setting("activation"))


def _activated(call: LayerCall, value: Value, activation: Any) -> Tensor:
    """An activation by name, or a layer that is one."""
    graph, shape = call.graph, (value.dim,) if call.kind == "Dense" else call.shape
    if isinstance(activation, Mapping) and activation.get("class_name") in _ELEMENTWISE:
        return LAYERS[own_kind(activation)](LayerCall(graph, "", activation["config"], [], [Tensor(value, shape)]))
    name = "linear" if activation is None else activation
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        raise ValueError(
            f"activation: expected one of {', '.join(_ACTIVATIONS)}, got {name!r:.80}; custom functions are "
            "code, which is never run"
        )
    if "softmax" in name and len(shape) != 1:
        raise ValueError(f"expected a softmax of vectors, got shape {shape}")
    return Tensor(_ACTIVATIONS[name](graph, value), shape)


def _named(name: str) -> Callable[[Translation, Value], Value]:
    return lambda graph, value: graph.activate(value, name)


_ACTIVATIONS: dict[str, Callable[[Translation, Value], Value]] = {
    **{name: _named(name) for name in ("relu", "relu6", "selu", "softplus", "gelu", "silu", "tanh", "sigmoid")},
    **{name: _named(name) for name in ("hard_sigmoid", "hard_silu", "hard_tanh")},
    "swish": _named("silu"),
    "hard_swish": _named("hard_silu"),
    "leaky_relu": _named("leaky_relu 0.2"),
    "elu": _named("elu 1.0"),
    "celu": lambda graph, value: graph.celu(value, 1.0),
    "linear": lambda graph, value: value,
    "log_sigmoid": Translation.log_sigmoid,
    "softmax": Translation.softmax,
    "log_softmax": lambda graph, value: graph.softmax(value, "log_softmax"),
    HARD_SIGMOID: lambda graph, value: graph.clip(graph.scale(value, 0.2, 0.5), 0.0, 1.0),
}


def _relu(call: LayerCall) -> Tensor:
    call.weights()
    slope, high = call.number("negative_slope", 0.0), call.config.get("max_value")
    if call.number("threshold", 0.0) != 0:
        raise ValueError("expected threshold 0, got another, at which the layer is not continuous; train it without")
    if high is None:
        return call.same(call.graph.activate(call.value, f"leaky_relu {slope!r}" if slope else "relu"))
    top = checks.finite(high, "max_value")
    return call.same(call.graph.capped(call.value, slope, top) if slope else call.graph.clip(call.value, 0.0, top))


def _leaky(call: LayerCall) -> Tensor:
    call.weights()
    return call.same(call.graph.activate(call.value, f"leaky_relu {call.number('negative_slope', 0.3)!r}"))


def _elu(call: LayerCall) -> Tensor:
    call.weights()
    return call.same(call.graph.activate(call.value, f"elu {call.number('alpha', 1.0)!r}"))


def _prelu(call: LayerCall) -> Tensor:
    (alpha,) = call.weights("alpha")
    return call.same(call.graph.prelu(call.value, spread(alpha, call.shape, "alpha")))


def _softmax(call: LayerCall) -> Tensor:
    call.weights()
    call.flat(call.config.get("axis", -1))
    return call.same(call.graph.softmax(call.value))


def _passed(call: LayerCall) -> Tensor:
    call.weights()
    if call.kind != "Identity":
        call.graph.note(f"{call.kind} {call.config['name']!r} passed over: it does nothing in inference")
    return call.same(call.value)


def _input(call: LayerCall) -> Tensor:
    call.weights()
    return call.same(call.value)


def _reshaped(call: LayerCall) -> Tensor:
    call.weights()
    if call.config.get("data_format", "channels_last") != "channels_last" and len(call.shape) > 1:
        raise ValueError("expected data_format channels_last, got another, which would reorder the inputs")
    shape = [int(n) for n in call.config.get("target_shape", [-1])]
    if shape.count(-1) == 1:
        shape[shape.index(-1)] = call.value.dim // max(1, -math.prod(shape))
    if math.prod(shape) != call.value.dim or min(shape, default=1) < 1:
        raise ValueError(
            f"expected a shape of {counted(call.value.dim, 'number')}, got {call.config.get('target_shape')}"
        )
    return Tensor(call.value, tuple(shape))


def _batch_normalization(call: LayerCall) -> Tensor:
    call.flat(call.config.get("axis", -1))
    learnt = [n for n, key in (("gamma", "scale"), ("beta", "center")) if call.config.get(key, True)]
    found = dict(zip((*learnt, "mean", "variance"), call.weights(*learnt, "mean", "variance"), strict=True))
    spreads = {key: spread(array, call.shape, key) for key, array in found.items()}
    call.graph.note(f"{call.kind} {call.config['name']!r} folded with its moving statistics")
    variance = spreads["variance"] + call.number("epsilon", 1e-3)
    return call.same(
        call.graph.norm(call.value, spreads["mean"], variance, spreads.get("gamma", 1.0), spreads.get("beta", 0.0))
    )


def _normalization(call: LayerCall) -> Tensor:
    if call.config.get("mean") is None:
        call.flat(call.config.get("axis", -1))
        if len(call.arrays) != 3:
            raise ValueError(f"expected 3 arrays (mean, variance, count), got {len(call.arrays)}")
        mean, variance = exact(call.arrays[0], "mean"), exact(call.arrays[1], "variance")
    else:
        mean, variance = (exact(np.asarray(call.config[key], np.float64), key) for key in ("mean", "variance"))
    m, v = spread(mean, call.shape, "mean"), spread(variance, call.shape, "variance")
    if (v < 0).any():
        raise ValueError(f"variance: expected numbers >= 0, got {float(v.min())!r}")
    call.graph.note(f"{call.kind} {call.config['name']!r} folded")
    deviation = np.maximum(np.sqrt(v), 1e-7)
    if call.config.get("invert"):
        return call.same(call.graph.scale(call.value, deviation, m))
    return call.same(call.graph.scale(call.value, 1 / deviation, -m / deviation))


def _rescaling(call: LayerCall) -> Tensor:
    call.weights()
    scale, offset = (spread(call.config[key], call.shape, key) for key in ("scale", "offset"))
    return call.same(call.graph.scale(call.value, scale, offset))


def _merged(call: LayerCall) -> Tensor:
    call.weights()
    values = [tensor.value for tensor in call.given]
    if call.kind == "Concatenate":
        call.flat(call.config.get("axis", -1))
        if any(len(tensor.shape) != 1 for tensor in call.given):
            raise ValueError("expected inputs of shape (batch, features)")
        return Tensor(call.graph.join(values), (sum(value.dim for value in values),))
    if len({tensor.shape for tensor in call.given}) != 1 or (call.kind == "Subtract" and len(values) != 2):
        raise ValueError(f"expected inputs of one shape, got {[tensor.shape for tensor in call.given]}")
    if call.kind == "Subtract":
        values[1] = call.graph.scale(values[1], -1)
    total = call.graph.add(*values)
    return call.same(call.graph.scale(total, 1 / len(values)) if call.kind == "Average" else total)


def own_kind(layer: Mapping[str, Any]) -> str:
    """The class name of a layer, which must be one of Keras itself."""
    kind, module, registered = layer["class_name"], layer.get("module"), layer.get("registered_name")
    operation = module == "keras.src.ops.numpy" and kind in ("Add", "Subtract")
    own = module in ("keras", "keras.layers") or str(module).startswith(("keras.src.models.", "keras.src.layers."))
    if not (own or operation) or registered not in (None, kind) or kind not in (*LAYERS, *MODELS):
        raise ValueError(
            f"layer {layer['config'].get('name')!r}: expected one of {', '.join((*LAYERS, *MODELS))}, got {kind!r} of "
            f"module {module!r}; code is never run, and other layers have no translation"
        )
    return str(kind)


MERGING = ("Add", "Subtract", "Average", "Concatenate")
_ELEMENTWISE = ("ReLU", "LeakyReLU", "ELU", "Activation")
LAYERS: dict[str, Callable[[LayerCall], Tensor]] = {
    "InputLayer": _input,
    "Dense": _dense,
    "Activation": lambda call: _activated(call, call.value, call.setting("activation")),
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    **dict.fromkeys(("Identity", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout"), _passed),
    "Flatten": _reshaped,
    "Reshape": _reshaped,
    "BatchNormalization": _batch_normalization,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    **dict.fromkeys(MERGING, _merged),
}
