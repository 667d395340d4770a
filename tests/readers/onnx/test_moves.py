"""Chains of operators that move entries, change shapes and multiply along axes, the batch axis anywhere."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

BATCH = 5


class Chain:
    """Operators applied to one array, whose shape is known at each step."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...], axis: int | None) -> None:
        self.rng, self.shape, self.axis = rng, list(shape), axis
        self.nodes: list[Any] = []
        self.stored: dict[str, np.ndarray] = {}
        self.last = "x"

    def op(self, kind: str, *constants: Any, before: bool = False, results: int = 1, **attributes: Any) -> None:
        names = [f"c{len(self.stored) + k}" for k in range(len(constants))]
        self.stored |= {name: np.asarray(array) for name, array in zip(names, constants, strict=True)}
        given = [*names, self.last] if before else [self.last, *names]
        made = [f"t{len(self.nodes)}_{k}" for k in range(results)]
        self.nodes.append(helper.make_node(kind, given, made, **attributes))
        self.last = made[-1]

    def free_axis(self) -> int | None:
        """An axis other than the batch's."""
        free = [k for k in range(len(self.shape)) if k != self.axis]
        return int(self.rng.choice(free)) if free else None

    def transpose(self) -> None:
        order = [int(k) for k in self.rng.permutation(len(self.shape))]
        self.op("Transpose", perm=order)
        self.shape = [self.shape[k] for k in order]
        self.axis = None if self.axis is None else order.index(self.axis)

    def gather(self) -> None:
        k = self.free_axis()
        if k is not None:
            chosen = self.rng.integers(-self.shape[k], self.shape[k], int(self.rng.integers(1, 4)))
            self.op("Gather", chosen, axis=k - len(self.shape) * int(self.rng.integers(2)))
            self.shape[k] = len(chosen)

    def gather_one(self) -> None:
        k = self.free_axis()
        if k is not None and len(self.shape) > 1:
            self.op("Gather", np.array(int(self.rng.integers(self.shape[k]))), axis=k)
            del self.shape[k]
            self.axis = None if self.axis is None else self.axis - (k < self.axis)

    def extract(self) -> None:
        if len(self.shape) > 1 and self.axis != len(self.shape) - 1:
            chosen = self.rng.integers(0, self.shape[-1], (1, int(self.rng.integers(1, 4))))
            self.op("ArrayFeatureExtractor", chosen, domain="ai.onnx.ml")
            self.shape[-1] = chosen.size

    def slice(self) -> None:
        k = self.free_axis()
        if k is not None and self.shape[k] > 1:
            backwards = self.rng.random() < 0.5
            start, end, step = (-1, -(2**62), -1) if backwards else (1, 2**31 - 1, 1)
            self.op("Slice", [start], [end], [k], [step])
            self.shape[k] -= 0 if backwards else 1

    def split(self) -> None:
        k = self.free_axis()
        if k is not None and self.shape[k] > 2:
            parts = [self.shape[k] // 2, self.shape[k] - self.shape[k] // 2]
            self.op("Split", np.array(parts), axis=k, results=2)
            self.shape[k] = parts[-1]

    def unsqueeze(self) -> None:
        k = int(self.rng.integers(len(self.shape) + 1))
        self.op("Unsqueeze", [k])
        self.shape.insert(k, 1)
        self.axis = None if self.axis is None else self.axis + (k <= self.axis)

    def squeeze(self) -> None:
        single = [k for k, n in enumerate(self.shape) if n == 1 and k != self.axis]
        if single and len(self.shape) > 1:
            k = int(self.rng.choice(single))
            self.op("Squeeze", [k])
            del self.shape[k]
            self.axis = None if self.axis is None else self.axis - (k < self.axis)

    def reshape(self) -> None:
        """The axes on each side of the batch become one, or two."""
        after: list[int] = []
        parts = [self.shape] if self.axis is None else [self.shape[: self.axis], self.shape[self.axis + 1 :]]
        for number, part in enumerate(parts):
            size = int(np.prod(part, dtype=int))
            divisor = int(self.rng.choice([n for n in range(1, size + 1) if size % n == 0]))
            after += [divisor, size // divisor] if part else []
            if number == 0 and self.axis is not None:
                after.append(-1)
        self.op("Reshape", np.array(after))
        self.axis = None if self.axis is None else after.index(-1)
        self.shape = [BATCH if n == -1 else n for n in after]

    def expand(self) -> None:
        single = [k for k, n in enumerate(self.shape) if n == 1 and k != self.axis]
        if single:
            shape = [1] * len(self.shape)
            shape[int(self.rng.choice(single))] = 3
            self.op("Expand", np.array([2, *shape]))
            self.shape = [2, *np.broadcast_shapes(tuple(shape), tuple(self.shape))]
            self.axis = None if self.axis is None else self.axis + 1

    def matmul(self) -> None:
        if self.axis != len(self.shape) - 1:
            self.op("MatMul", self.rng.normal(size=(self.shape[-1], 2)))
            self.shape[-1] = 2

    def left(self) -> None:
        if len(self.shape) > 1 and self.axis != len(self.shape) - 2:
            self.op("MatMul", self.rng.normal(size=(3, self.shape[-2])), before=True)
            self.shape[-2] = 3

    def add(self) -> None:
        shape = [1 if k == self.axis else n for k, n in enumerate(self.shape)]
        self.op(str(self.rng.choice(["Add", "Mul"])), self.rng.normal(size=shape))

    def mean(self) -> None:
        k = self.free_axis()
        if k is not None:
            self.op(str(self.rng.choice(["ReduceMean", "ReduceSum"])), [k], keepdims=1)
            self.shape[k] = 1

    def concat(self) -> None:
        k = self.free_axis()
        if k is not None:
            self.nodes.append(helper.make_node("Concat", [self.last, self.last], [f"t{len(self.nodes)}"], axis=k))
            self.last = f"t{len(self.nodes) - 1}"
            self.shape[k] *= 2


STEPS = (
    *("transpose", "gather", "gather_one", "slice", "split", "unsqueeze", "squeeze", "reshape", "expand", "matmul"),
    *("left", "add", "mean", "concat", "transpose", "extract"),
)


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("group", range(12))
def test_chains_of_moves(tmp_path: Path, group: int, batched: bool) -> None:
    for seed in range(group * 10, group * 10 + 10):
        rng = np.random.default_rng(seed)
        shape = tuple(int(n) for n in rng.integers(1, 4, int(rng.integers(1, 4))))
        axis = int(rng.integers(len(shape) + 1)) if batched else None
        full = shape if axis is None else (*shape[:axis], BATCH, *shape[axis:])
        chain = Chain(rng, full, axis)
        for _ in range(int(rng.integers(1, 9))):
            if np.prod(chain.shape) < 3000:
                getattr(chain, STEPS[int(rng.integers(len(STEPS)))])()
        stored = {k: v.astype(np.int64 if v.dtype.kind == "i" else np.float64) for k, v in chain.stored.items()}
        double, lengths = TensorProto.DOUBLE, ["n" if k == axis else n for k, n in enumerate(full)]
        chain.nodes.append(helper.make_node("Identity", [chain.last], ["y"]))
        graph = helper.make_graph(
            chain.nodes,
            "g",
            [helper.make_tensor_value_info("x", double, lengths)],
            [helper.make_tensor_value_info("y", double, None)],
            [numpy_helper.from_array(array, name) for name, array in stored.items()],
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        path = tmp_path / "m.onnx"
        path.write_bytes(model.SerializeToString())
        x = rng.normal(size=full)
        wanted = ReferenceEvaluator(model).run(["y"], {"x": x})[0]
        network = read_onnx_file(path).network
        if axis is not None:
            rows, expected = np.moveaxis(x, axis, 0).reshape(BATCH, -1), [np.moveaxis(wanted, chain.axis or 0, 0)]
        elif network.dim == x.size:
            rows, expected = x.reshape(1, -1), [wanted[None]]
        else:
            # A first axis of fixed length that no operator mixes is a batch; it may stand anywhere in the output.
            rows = x.reshape(len(x), -1)
            expected = [np.moveaxis(wanted, k, 0) for k, n in enumerate(wanted.shape) if n == len(x)]
        got = np.reshape(network(rows), (len(rows), -1))
        errors = [np.abs(got - values.reshape(len(rows), -1)).max() for values in expected]
        assert min(errors) < 1e-9 * max(1, np.abs(wanted).max()), seed
