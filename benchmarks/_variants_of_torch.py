"""PyTorch's models, live, as tensors by name and as ONNX, for file_variants.py."""

from __future__ import annotations

import copy
import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _variants import Floats, Variant

import exported_onnx

WIDTHS = {"shallow": (3, 6, 2), "deep": (3, 6, 5, 4, 1), "square": (3, 3, 3, 3)}
NAMES = {
    "Sequential": [str(2 * k) for k in range(4)],
    "fc1, fc2": [f"fc{k + 1}" for k in range(4)],
    "layers.0": [f"layers.{k}" for k in range(4)],
    "words": ["input_layer", "hidden", "middle", "output"],
}
PREFIXES = ("", "model.", "module.", "_orig_mod.", "net.body.")
"""Of a module alone, in Lightning, of DataParallel, of torch.compile, and in modules of modules."""
BIASES = ("biases", "no biases", "no last bias")
ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "softplus": "Softplus"}


def outputs_of(module: Any) -> Callable[[Floats], Floats]:
    """What a module computes, in its own precision; weights of half precision in float32."""
    import torch

    module = copy.deepcopy(module).eval()
    dtype = next(module.parameters()).dtype
    dtype = dtype if dtype == torch.float64 else torch.float32
    module = module.to(dtype)

    def outputs(points: Floats) -> Floats:
        with torch.no_grad():
            return np.asarray(module(torch.as_tensor(points, dtype=dtype)).double().reshape(len(points), -1))

    return outputs


def module_of(names: str, prefix: str, widths: str, biases: str, activation: str = "relu") -> Any:
    """A module whose layers have these names behind the prefix."""
    import torch
    from torch import nn

    sizes = list(itertools.pairwise(WIDTHS[widths]))
    chosen = [*NAMES[names][: len(sizes) - 1], NAMES[names][-1]] if names == "words" else NAMES[names][: len(sizes)]
    given = {"biases": [True] * 9, "no biases": [False] * 9, "no last bias": [True] * (len(sizes) - 1) + [False]}
    layers = [nn.Linear(*size, bias=bias) for size, bias in zip(sizes, given[biases], strict=False)]

    class Chain(nn.Module):  # type: ignore[misc]
        """Layers in attributes of any name."""

        def __init__(self) -> None:
            super().__init__()
            self.activation = getattr(nn, ACTIVATIONS[activation])()
            self.order = chosen
            if names == "layers.0":
                self.layers = nn.ModuleList(layers)
            else:
                for name, layer in zip(chosen, layers, strict=True):
                    setattr(self, name, layer)

        def forward(self, x: Any) -> Any:
            for k, name in enumerate(self.order):
                x = self.get_submodule(name)(x)
                x = self.activation(x) if k < len(self.order) - 1 else x
            return x

    parts = [part for layer in layers for part in (layer, getattr(nn, ACTIVATIONS[activation])())]
    module: Any = nn.Sequential(*parts[:-1]) if names == "Sequential" else Chain()
    torch.manual_seed(0)
    for parameter in module.parameters():
        nn.init.normal_(parameter, 0, 0.6)
    for name in reversed(prefix.split(".")[:-1]):
        module = nn.Sequential(OrderedDict({name: module}))
    return module.eval()


class Plan(NamedTuple):
    """A module to be written, and what must be said of its arrays: all, or with something left out that is missed."""

    name: str
    module: Any
    told: dict[str, Any]
    refused: str = ""


def plans(step: int = 1) -> Iterator[Plan]:
    """Modules of every name, prefix, size and kind of bias, in steps of `step`."""
    combinations = itertools.product(NAMES, PREFIXES, WIDTHS, BIASES)
    for names, prefix, widths, biases in itertools.islice(combinations, 0, None, step):
        module = module_of(names, prefix, widths, biases)
        told: dict[str, Any] = {"activation": "relu"}
        if widths == "square" or biases == "no biases":
            told["layout"] = "out_in"
        if names == "words" and widths == "square":
            # Sizes do not tell their order, and no file of named tensors is trusted to.
            told["layers"] = list(dict.fromkeys(key.rpartition(".")[0] for key in module.state_dict()))
        yield Plan(f"{names}, {prefix or 'no prefix'}, {widths}, {biases}", module, told)


def untold() -> Iterator[Plan]:
    """Modules of which something is not said that their arrays do not say: refused, with the remedy."""
    for names in NAMES:
        module = module_of(names, "", "deep", "biases")
        yield Plan(f"{names}, activation not said", module, {}, "expected to be told the activation")
    for biases in BIASES:
        module = module_of("words", "", "square", biases)
        told = {"activation": "relu", "layout": "out_in"}
        yield Plan(f"words, square, {biases}, order not said", module, told, "layers=")


def live() -> Iterator[Variant]:
    """Modules themselves."""
    for name, module, *_ in plans():
        yield Variant(name, lambda _, module=module: module, outputs_of(module), 3)
    for activation in ACTIVATIONS:
        module = module_of("fc1, fc2", "", "deep", "biases", activation)
        yield Variant(f"{activation}, deep", lambda _, module=module: module, outputs_of(module), 3)


def live_states() -> Iterator[Variant]:
    """What state_dict() gives, as a dict of tensors."""
    for name, module, told, refused in itertools.chain(plans(), untold()):
        yield Variant(name, lambda _, module=module: module.state_dict(), outputs_of(module), 3, told, refused)


def safetensors() -> Iterator[Variant]:
    """What safetensors' functions for PyTorch write; its keys come sorted, so that words need their order."""
    import safetensors.torch

    for (name, module, told, refused), how in itertools.product([*plans(), *untold()], ("save_file", "save_model")):

        def write(folder: Path, module: Any = module, how: str = how) -> Path:
            path = folder / "net.safetensors"
            if how == "save_file":
                state = {key: part.contiguous() for key, part in module.state_dict().items()}
                safetensors.torch.save_file(state, path, {"format": "pt"})
            else:
                safetensors.torch.save_model(module, str(path))
            return path

        yield Variant(f"{name}, {how}", write, outputs_of(module), 3, told | _order_of(name, module, refused), refused)


def _order_of(name: str, module: Any, refused: str) -> dict[str, Any]:
    """The order of layers that have words for names: safetensors sorts them."""
    if not name.startswith("words") or refused == "layers=":
        return {}
    return {"layers": list(dict.fromkeys(key.rpartition(".")[0] for key in module.state_dict()))}


def onnx_files(*, dynamo: bool) -> Iterator[Variant]:
    """What one of PyTorch's two exporters to ONNX writes."""
    import torch
    from torch import nn

    options: dict[str, dict[str, Any]] = {
        "as it comes": {},
        "with names": {"input_names": ["x"], "output_names": ["y"]},
    }
    if dynamo:
        options |= {
            "any batch": {"dynamic_shapes": ({0: torch.export.Dim("batch")},)},
            "weights within": {"external_data": False},
        }
    else:
        options |= {
            "any batch": {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}},
            "operator set 9": {"opset_version": 9},
            "operator set 13": {"opset_version": 13},
            "operator set 18": {"opset_version": 18},
            "weights as inputs": {"keep_initializers_as_inputs": True},
            "constants not folded": {"do_constant_folding": False},
        }
    models = {name: make(nn) for name, make in exported_onnx.torch_models.items()}
    for names, biases in itertools.product(NAMES, BIASES):
        models[f"{names}, {biases}"] = (module_of(names, "", "deep", biases), (2, 3))
    for (name, (module, shape)), (option, given) in itertools.product(models.items(), options.items()):
        # What PyTorch itself refuses: one sample has no batch; the oldest set has no operator for hardswish.
        if (option == "any batch" and len(shape) == 1) or (option == "operator set 9" and name in ("hard", "clipped")):
            continue
        if dynamo and option != "as it comes" and name not in ("deep", "fc1, fc2, no biases", "images"):
            continue
        yield onnx_variant(f"{name}, {option}", module.eval(), shape, dynamo, given)


def onnx_variant(name: str, module: Any, shape: tuple[int, ...], dynamo: bool, options: dict[str, Any]) -> Variant:
    """One model exported with some options."""
    import torch

    def write(folder: Path) -> Path:
        exported_onnx.exported(module, (torch.zeros(shape),), folder / "net.onnx", dynamo, **options)
        return folder / "net.onnx"

    outputs, sample = outputs_of(module), shape[1:] or shape
    return Variant(name, write, lambda x: outputs(x.reshape(-1, *sample)), int(np.prod(sample)))


KINDS: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[Variant]]]] = {
    "ONNX, PyTorch's default exporter": (("torch", "onnx", "onnxscript"), lambda: onnx_files(dynamo=True)),
    "ONNX, PyTorch's older exporter": (("torch", "onnx"), lambda: onnx_files(dynamo=False)),
    "PyTorch, live": (("torch",), live),
    "PyTorch, state dict in Python": (("torch",), live_states),
    "safetensors, of PyTorch": (("torch", "safetensors"), safetensors),
}
"""The packages that a kind needs, and its variants."""
