"""Programs that `torch.export` wrote (.pt2), read as the graph they are, without PyTorch."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.readers._aten_arithmetic import ARITHMETIC, WHOLE, transposed
from radon_nn.readers.files.archives import Archive, opened
from radon_nn.readers.files.storages import Storages
from radon_nn.readers.graph import Understood
from radon_nn.readers.layers import Tensor, Translation, exact
from radon_nn.readers.pytorch import activated
from radon_nn.readers.refusals import naming, printable
from radon_nn.readers.values import Value

KIND = "a program as torch.export.save writes it"
REMEDY = "export it again with PyTorch 2.9 or later, or hand the live model to radon_nn.from_model"
# In bytes. A thousand layers take some 5 MB of graph; parsed, it takes ten times as much.
_LONGEST = 1 << 26
# PyTorch's own numbers of its dtypes.
_DTYPES = {6: "Half", 7: "Float", 8: "Double", 13: "BFloat16"}
_SAME = ("alias", "clone", "contiguous", "detach", "detach_", "dropout", "dropout_", "feature_dropout", "alpha_dropout")
_SHAPED = ("flatten", "reshape", "squeeze", "unsafe_view", "unsqueeze", "view", "expand")
_NORMS = ("batch_norm", "native_batch_norm", "_native_batch_norm_legit_no_training")
_ELEMENTWISE = (
    *("celu", "clamp", "clamp_max", "clamp_min", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu"),
    *("log_sigmoid", "relu", "relu6", "selu", "sigmoid", "silu", "sin", "softplus", "tanh", "abs"),
)
_ACTIVATION_NAMES = {"log_sigmoid": "logsigmoid"}
# The names of the arguments of all operators that are read. PyTorch itself passes over any other.
ARGUMENTS = (
    *("alpha", "approximate", "beta", "bias", "cudnn_enabled", "dim", "dim0", "dim1", "dims", "dtype", "end_dim"),
    *("eps", "half_to_float", "implicit", "input", "input_scale", "mat1", "mat2", "max", "max_val", "memory_format"),
    *("min", "min_val", "momentum", "negative_slope", "other", "out_dtype", "p", "rounding_mode", "running_mean"),
    *("running_var", "scale", "self", "shape", "size", "start_dim", "tensors", "threshold", "train", "training"),
    "weight",
)
# The defaults of arguments that the graph leaves out, where it is not the layer's own.
_EPSILON = 1e-5
# exp(-20) is 2e-9; a softplus that is linear from a lower argument on is another function.
_LINEAR_ABOVE = 20.0

_INPLACE = "write the operator without the trailing underscore, inplace=True or out=, and export the program again"

Node = Mapping[str, Any]
Known = Tensor | Floats


def read_exported_file(where: Path, logits: bool) -> Understood:
    """
    The network in a .pt2 file.

    Parameters
    ----------
    where : path
        The file.
    logits : bool
        Leave off a final sigmoid or softmax; otherwise a sigmoid is kept, and a softmax refused.

    Returns
    -------
    Understood
        The network, and what was folded or passed over.

    Raises
    ------
    ValueError
        If the file is damaged, or an operator has no translation.
    MemoryError
        If what it declares would not fit into memory.
    """
    with opened(where, KIND, REMEDY) as archive, naming(where, f"expected {KIND}, got a malformed one; {REMEDY}"):
        program, constants, size = _parts(archive)
        return _Program(program, constants, logits, size).understood(f"torch.export program {where.name}")


def _parts(archive: Archive) -> tuple[Any, dict[str, Floats], float]:
    """The program, its parameters and constants by name, and their size."""
    content = {entry.filename.partition("/")[2]: archive.content(entry) for entry in archive.entries}
    models = [name for name in content if name.startswith("models/") and name.endswith(".json")]
    if len(models) != 1:
        raise ValueError(f"expected {KIND}, of one model, got {', '.join(sorted(content)[:6])}; {REMEDY}")
    if content.get("byteorder", b"little").strip() != b"little":
        raise ValueError("expected little-endian numbers, got others; export it on a common machine")
    program = _parsed(content[models[0]], models[0])
    arrays: dict[str, Floats] = {}
    for kind in ("weight", "constant"):
        name = f"data/{kind}s/model_{kind}s_config.json"
        config = _parsed(content[name], name)["config"] if name in content else {}
        for path, entry in config.items():
            arrays[path] = _array(content, f"data/{kind}s/", path, entry, archive.size)
    return program, arrays, float(sum(array.nbytes for array in arrays.values()))


def _parsed(text: bytes, name: str) -> Any:
    if len(text) > _LONGEST:
        raise ValueError(f"{name}: expected at most {_LONGEST} bytes, got {len(text)}; no network needs that many")
    return json.loads(text)


def _array(content: Mapping[str, bytes], folder: str, path: str, entry: Any, size: int) -> Floats:
    """A parameter, a buffer or a constant; of integers, such as a count of batches, nothing is read."""
    meta = entry["tensor_meta"]
    if entry.get("use_pickle") or meta is None:
        raise ValueError(f"{path}: expected plain numbers, got a pickle, which would run code when read; {REMEDY}")
    kind = _DTYPES.get(meta["dtype"])
    if kind is None:
        return np.empty(0)
    data = content[folder + entry["path_name"]]
    storage = Storages({path: data}, size, REMEDY)
    numbers = len(data) // (8 if kind == "Double" else 4 if kind == "Float" else 2)
    shape, strides = ([int(n["as_int"]) for n in meta[key]] for key in ("sizes", "strides"))
    view: NDArray[Any] = storage.tensor(
        storage.storage(kind, path, numbers), int(meta["storage_offset"]["as_int"]), shape, strides
    )
    return exact(np.array(view), path)


def _names_in(argument: Any) -> Iterator[str]:
    """The names of the tensors in an operator's argument."""
    for kind, value in argument.items():
        if kind == "as_tensor":
            yield value["name"]
        elif kind == "as_tensors":
            yield from (part["name"] for part in value)


def _require_known(name: str, node: Node) -> None:
    """Refuse arguments that no operator has, or that are given twice."""
    names = [part["name"] for part in node["inputs"]]
    unknown = sorted(set(names) - set(ARGUMENTS))
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"expected known arguments of {name}, each once, got {unknown or names}; {REMEDY}")


class _Program:
    """A graph of operators, followed node by node."""

    def __init__(self, program: Any, arrays: Mapping[str, Floats], logits: bool, size: float) -> None:
        self.graph_of = program["graph_module"]["graph"]
        signature = program["graph_module"]["signature"]
        self.sizes = self.graph_of["tensor_values"]
        self.known: dict[str, Known] = {}
        # Views, and results of operators in place, by the name of the tensor whose memory they share.
        self.storage: dict[str, str] = {}
        inputs: list[str] = []
        for spec in signature["input_specs"]:
            ((kind, given),) = spec.items()
            if kind == "user_input":
                inputs.append(given["arg"]["as_tensor"]["name"])
            elif kind in ("parameter", "buffer", "tensor_constant"):
                self.known[given["arg"]["name"]] = arrays[given[f"{kind}_name"]]
            else:
                raise ValueError(f"expected tensors as inputs, got {kind}; {REMEDY}")
        outputs = [spec["user_output"]["arg"] for spec in signature["output_specs"] if "user_output" in spec]
        changed = [next(iter(spec)) for spec in signature["output_specs"] if "user_output" not in spec]
        if len(inputs) != 1 or len(outputs) != 1:
            raise ValueError(f"expected one input and one output, got {len(inputs)} and {len(outputs)}")
        if changed:
            raise ValueError(f"expected a program in evaluation, got {changed[0]}; call model.eval() before export")
        self.output = outputs[0]["as_tensor"]["name"]
        shape = self._shape(inputs[0])
        self.batched = len(shape) > 1
        sample = shape[1:] if self.batched else shape
        if not sample or any(n is None for n in sample):
            raise ValueError(f"expected an input of a fixed number of features, got sizes {shape}")
        self.graph = Translation(math.prod(sample), logits=logits, given=size)  # type: ignore[arg-type]
        if len(sample) > 1:
            self.graph.note(f"inputs of shape {tuple(sample)} are taken as rows of {self.graph.dim}")
        self.known[inputs[0]] = Tensor(self.graph.input, tuple(n or 0 for n in sample))

    def understood(self, source: str) -> Understood:
        """The network."""
        for at, node in enumerate(self.graph_of["nodes"]):
            name = node["target"].removeprefix("torch.ops.aten.").partition(".")[0]
            outputs = [output["as_tensor"]["name"] for output in node["outputs"] if "as_tensor" in output]
            outputs = outputs or [part["name"] for output in node["outputs"] for part in output.get("as_tensors", [])]
            if not outputs:
                # Sizes, and assertions about them, are no values of the network.
                continue
            try:
                self._overwrites(name, node, outputs[0], at)
                found = self._result(name, node)
                _require_known(name, node)
            except ValueError as error:
                raise ValueError(f"{node.get('name') or outputs}: {error}") from error
            if isinstance(found, Tensor):
                self.graph.step(found.value.dim)
                self._agrees(outputs[0], found)
            self.known[outputs[0]] = found
        output = self.known[self.output]
        if not isinstance(output, Tensor):
            raise ValueError("expected an output that depends on the input, got a constant")
        return self.graph.finish(output.value, source)

    def _shape(self, name: str) -> list[int | None]:
        """The sizes of a tensor; None where they vary."""
        return [n.get("as_int") for n in self.sizes[name]["sizes"]]

    def _agrees(self, name: str, tensor: Tensor) -> None:
        """Hold the translation's shape against the one that the program states."""
        sizes = self._shape(name)
        stated = sizes[1:] if self.batched else sizes
        if None in stated or tuple(stated) != tensor.shape:
            raise ValueError(f"{name}: expected a tensor of {tensor.shape} for each sample, got sizes {sizes}")

    def _argument(self, argument: Any) -> Any:
        ((kind, value),) = argument.items()
        if kind == "as_tensor":
            return self.known[value["name"]]
        if kind == "as_tensors":
            return [self.known[part["name"]] for part in value]
        if kind == "as_none":
            return None
        if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats"):
            return value
        return printable(str(value))

    def _overwrites(self, name: str, node: Node, output: str, at: int) -> None:
        """Refuse an operator that writes into a tensor whose numbers are used afterwards under another name."""
        first = next((part["arg"]["as_tensor"]["name"] for part in node["inputs"] if "as_tensor" in part["arg"]), "")
        inplace = name.endswith("_") and not name.startswith("_")
        if inplace or (name in (*_SAME, *_SHAPED) and name != "clone"):
            self.storage[output] = self.storage.get(first, first)
        if any(part["name"] == "out" for part in node["inputs"]):
            raise ValueError(f"expected an operator that returns a new tensor, got {name} with out=; {_INPLACE}")
        if not inplace:
            return
        later = [part["arg"] for other in self.graph_of["nodes"][at + 1 :] for part in other["inputs"]]
        used = {name for argument in later for name in _names_in(argument)} | {self.output}
        shared = self.storage[output]
        aliases = [one for one in (shared, *self.storage) if self.storage.get(one, one) == shared and one != output]
        again = [one for one in aliases if one in used]
        if again:
            raise ValueError(
                f"expected a tensor that no other name shares, got {name}, which also changes {again[0]}, used later; "
                f"{_INPLACE}"
            )

    def _result(self, name: str, node: Node) -> Known:
        """What an operator gives for its arguments."""
        given = {part["name"]: self._argument(part["arg"]) for part in node["inputs"]}
        plain = name.rstrip("_") if not name.startswith("_") else name
        first = given.get("self", given.get("input", given.get("tensors")))
        if plain != name and isinstance(first, np.ndarray):
            raise ValueError(
                f"expected a program in evaluation, got {name} on a buffer; call model.eval() before export"
            )
        if plain in ARITHMETIC:
            return ARITHMETIC[plain](self, given)
        if plain in ("t", "numpy_T", "transpose", "permute"):
            return transposed(first, given, plain)
        if not isinstance(first, Tensor):
            raise ValueError(f"expected an operator on a value of the network, got {name}; {WHOLE}")
        if plain in _SAME:
            if "dropout" in plain:
                self.graph.note("Dropout is passed over, as in evaluation")
            return first
        if plain in _SHAPED:
            sizes = self._shape(node["outputs"][0]["as_tensor"]["name"])
            stated = sizes[1:] if self.batched else sizes
            if None in stated or math.prod(n or 0 for n in stated) != first.value.dim:
                raise ValueError(f"expected a {plain} of each sample alone, got sizes {sizes}")
            return Tensor(first.value, tuple(n or 0 for n in stated))
        if plain in _NORMS:
            return self._normalised(first, given)
        if plain == "prelu":
            return first.same(self.graph.prelu(first.value, np.asarray(given["weight"]).reshape(-1)))
        if plain in ("softmax", "_softmax", "log_softmax", "_log_softmax"):
            if len(first.shape) != 1 or given["dim"] not in (-1, 1 if self.batched else 0):
                raise ValueError(f"expected a softmax over the features of vectors, got dim {given['dim']}")
            return first.same(self.graph.softmax(first.value, plain.removeprefix("_")))
        if plain in _ELEMENTWISE:
            return first.same(self._activated(plain, first.value, given))
        raise ValueError(
            f"expected operators among {', '.join(sorted((*_ELEMENTWISE, *ARITHMETIC, *_SHAPED, *_NORMS)))}, got "
            f"{name}; {WHOLE}"
        )

    def _activated(self, name: str, value: Value, given: Mapping[str, Any]) -> Value:
        if name == "elu":
            # scale * (z where z > 0, else alpha (exp(input_scale z) - 1)): ELU, SELU, and CELU by their parts.
            alpha, scale, inner = (float(given.get(key, 1.0)) for key in ("alpha", "scale", "input_scale"))
            if inner != 1 and not math.isclose(inner * alpha, 1, rel_tol=1e-6):
                raise ValueError(f"expected an ELU or a CELU, got alpha {alpha} and input_scale {inner}")
            after = activated(self.graph, "elu" if inner == 1 else "celu", value, {"alpha": alpha})
            return after if scale == 1 else self.graph.scale(after, scale)
        if name == "softplus" and float(given.get("threshold", _LINEAR_ABOVE)) < _LINEAR_ABOVE:
            raise ValueError(f"expected a softplus linear above {_LINEAR_ABOVE}, got threshold {given['threshold']}")
        bounds = {"clamp_min": ("min", None), "clamp_max": (None, "max")}.get(name)
        if bounds is not None:
            given = {key: given[key] for key in bounds if key is not None}
            name = "clamp"
        if any(isinstance(given.get(key), np.ndarray | Tensor) for key in ("min", "max")):
            raise ValueError("expected numbers as bounds, got a tensor")
        return activated(self.graph, _ACTIVATION_NAMES.get(name, name), value, dict(given))

    def _normalised(self, first: Tensor, given: Mapping[str, Any]) -> Tensor:
        if given.get("training") or len(first.shape) != 1:
            raise ValueError(
                "expected batch normalisation of vectors by running statistics, got another; call model.eval() before "
                "export"
            )
        self.graph.note("BatchNorm1d is folded, by its running statistics")
        variance = np.asarray(given["running_var"]) + float(given.get("eps", _EPSILON))
        gain, shift = (given.get(key) for key in ("weight", "bias"))
        return first.same(
            self.graph.norm(
                first.value,
                np.asarray(given["running_mean"]),
                variance,
                1.0 if gain is None else gain,
                0.0 if shift is None else shift,
            )
        )
