"""Checks of user input: coerce and validate once, at the boundary, with errors that say what to do."""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support.types import Array
from radon_nn._support.wording import counted

_UNIT = 1e-6
"""Directions this far from unit length pass and are normalised: float32 vectors, and six printed digits."""
_RANK = 1e-12
"""Rows are dependent if the smallest singular value is below this fraction of the largest: 4500 roundings."""


def real_array(values: ArrayLike, name: str) -> Array:
    """Coerce to a finite float32 or float64 array; float16 becomes float32, integers and bools float64."""
    return real_array_and_size(values, name)[0]


def real_array_and_size(values: ArrayLike, name: str) -> tuple[Array, float]:
    """As `real_array`, with the largest magnitude, 0 of an empty array."""
    array = plain_array(values, name)
    if array.dtype.kind == "c":
        raise TypeError(
            f"{name}: expected real numbers, got dtype {array.dtype}; pass the real and the imaginary part in turn"
        )
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}; convert it with numpy first")
    array = array.astype(np.float32 if array.dtype.type in (np.float16, np.float32) else np.float64, copy=False)
    if not array.size:
        return array, 0.0
    # Both extremes are NaN if any number is, and this takes half as long as testing each number.
    least, most = float(array.min()), float(array.max())
    if not (math.isfinite(least) and math.isfinite(most)):
        finite = np.isfinite(array)
        bad = array.size - int(finite.sum())
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(
            f"{name}: expected finite numbers, got {bad} non-finite of {array.size}, the first at index {where}; "
            "replace or remove them"
        )
    return array, max(-least, most)


def plain_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """A NumPy array of any dtype; sparse matrices, masked entries and lists of unequal length are errors."""
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError(
            f"{name}: expected a dense array, got a sparse {type(values).__name__}; convert it with .toarray()"
        )
    for part in (values, *(values if isinstance(values, (list, tuple)) else ())):
        masked = int(np.sum(np.ma.getmaskarray(part))) if isinstance(part, np.ma.MaskedArray) else 0
        if masked:
            raise ValueError(
                f"{name}: expected no masked entries, got {masked}; fill them, as by .filled(0), or leave them out"
            )
    try:
        return np.asarray(values)
    except (RuntimeError, TypeError) as error:
        parts = [part for part in (values, *(values if isinstance(values, (list, tuple)) else ())) if _is_tensor(part)]
        if not parts:
            raise
        raise TypeError(f"{name}: {_tensor_trouble(parts)}") from error
    except ValueError as error:
        raise ValueError(f"{name}: expected a regular array of numbers, got nested lists of unequal length") from error


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "detach") and hasattr(value, "requires_grad")


def _tensor_trouble(tensors: Sequence[Any]) -> str:
    """What keeps PyTorch's tensors from becoming a NumPy array, and the remedy."""
    if any(tensor.requires_grad for tensor in tensors):
        return "expected numbers, got a tensor that requires grad; write tensor.detach()"
    away = [str(tensor.device) for tensor in tensors if str(tensor.device) != "cpu"]
    if away:
        return f"expected numbers in main memory, got a tensor on {away[0]}; write tensor.cpu()"
    return f"expected float32 or float64, got a tensor of {tensors[0].dtype}; write tensor.float()"


def shaped_array(values: ArrayLike, name: str, shape: Sequence[int | str]) -> NDArray[np.float64]:
    """Coerce to a finite float64 array of the given shape; letters in `shape` stand for any length >= 0."""
    array = real_array(values, name).astype(np.float64)
    fits = array.ndim == len(shape) and all(
        isinstance(want, str) or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join(str(want) for want in shape) + ("," if len(shape) == 1 else "") + ")"
        raise ValueError(f"{name}: expected an array of shape {wanted}, got shape {array.shape}")
    return array


def unit_lengths(rows: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """The lengths of rows that should be unit vectors, by which to divide them: 1 where they are so to rounding."""
    lengths = np.linalg.norm(rows, axis=1)
    off = np.abs(lengths - 1)
    if off.max(initial=0.0) > _UNIT:
        worst = int(np.argmax(off))
        raise ValueError(
            f"{name}: expected unit vectors, got length {lengths[worst]:.6g} at row {worst}; divide each row by "
            "its norm"
        )
    return np.where(off <= 4 * np.finfo(np.float64).eps, 1.0, lengths)


def points(values: ArrayLike, dim: int, names: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Coerce to finite float64 points of shape (..., dim); a frame's columns may not be the names in another order."""
    columns = getattr(values, "columns", None)
    if names is not None and columns is not None and not callable(columns):
        given = [str(column) for column in columns]
        if given != list(names) and sorted(given) == sorted(names):
            raise ValueError(
                f"points: expected columns in the order {list(names)}, got {given}; write df[{list(names)}] for a "
                "frame df"
            )
    array = real_array(values, "points").astype(np.float64)
    if array.ndim == 0 or array.shape[-1] != dim:
        raise ValueError(f"points: expected shape (..., {dim}), got {array.shape}")
    return array


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only, contiguous copy, for the fields of frozen dataclasses."""
    copy = np.array(array, order="C")
    copy.flags.writeable = False
    return copy


def finite(value: float, name: str) -> float:
    """A finite number."""
    number = _number(value, name)
    if not np.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {value!r}")
    return number


def _number(value: float, name: str) -> float:
    try:
        if np.iscomplexobj(value):  # NumPy's complex numbers become floats with a warning only.
            raise TypeError("complex")
        return float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected a number, got {value!r}; write one, such as 0.1") from error


def positive(value: float, name: str) -> float:
    """A positive finite number."""
    number = _number(value, name)
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name}: expected a positive number, got {value!r}")
    return number


def time_limit(seconds: float | None) -> float:
    """A limit in seconds, positive; infinite if None or `math.inf`."""
    if seconds is None or seconds == math.inf:
        return math.inf
    return positive(seconds, "seconds")


def at_least_zero(value: float, name: str) -> float:
    """A number >= 0."""
    number = _number(value, name)
    if not number >= 0:
        raise ValueError(f"{name}: expected a number >= 0, got {value!r}")
    return number


def positives(values: Any, name: str, *, least: int = 0) -> list[float]:
    """Positive finite numbers, at least so many of them."""
    if isinstance(values, str) or not hasattr(values, "__iter__") or getattr(values, "ndim", 1) == 0:
        raise TypeError(f"{name}: expected a list of positive numbers, got {values!r}; write one number as [0.1]")
    numbers = [positive(value, name) for value in values]
    if len(numbers) < least:
        raise ValueError(f"{name}: expected at least {counted(least, 'number')}, got {len(numbers)}")
    return numbers


def index(value: int, name: str, count: int) -> int:
    """A whole number from 0 to count - 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected a whole number from 0 to {count - 1}, got {value!r}")
    if not 0 <= value < count:
        raise IndexError(f"{name}: expected 0 to {count - 1}, got {value}")
    return int(value)


def generator(rng: Any) -> np.random.Generator:
    """A generator of random numbers, from a seed or as it is."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        said = f"rng: expected a whole number >= 0 or a Generator, got {rng!r}"
        raise type(error)(f"{said}; write rng=0, or rng=np.random.default_rng(0)") from error


def callback(progress: Any) -> Any:
    """A function that is told of progress, or None."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: expected a function of a line of text, got {progress!r}; write progress=print")
    return progress


def count(value: int, name: str, *, least: int = 1) -> int:
    """A whole number, at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return int(value)


def real_dtype(dtype: Any) -> np.dtype[Any]:
    """Either float32 or float64."""
    kind: np.dtype[Any] = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise TypeError(f"dtype: expected float32 or float64, got {kind}")
    return kind


def one_of(value: str, name: str, choices: Sequence[str]) -> str:
    """One of a few names."""
    if value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}; got {value!r}{near(value, choices)}")
    return value


def near(value: object, choices: Sequence[str]) -> str:
    """A suggestion for an error message: the choice spelled most like the value, if any is close."""
    found = difflib.get_close_matches(str(value).lower(), choices, 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def fits_memory(nbytes: float, what: str, remedy: str) -> None:
    """Raise MemoryError, before allocating, if `nbytes` exceed the machine's memory."""
    try:
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        available = 64 * 2**30
    if nbytes > available:
        raise MemoryError(
            f"{what} would take {nbytes / 2**30:,.1f} GiB, this machine has {available / 2**30:,.1f} GiB; {remedy}"
        )


def affine(matrix: ArrayLike, shift: ArrayLike | None, dim: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A matrix of `dim` independent rows, and a shift of as many entries, zero if not given."""
    linear = shaped_array(matrix, "matrix", (dim, "n"))
    sizes = np.linalg.svd(linear, compute_uv=False) if linear.size else np.zeros(1)
    if linear.shape[1] < dim or sizes[-1] <= _RANK * sizes[0]:
        raise ValueError(
            f"matrix: expected {counted(dim, 'independent row')}, got shape {linear.shape} with singular values "
            f"{np.round(sizes, 6).tolist()}; the restriction of a function to a subspace has no closed form here"
        )
    return linear, np.zeros(dim) if shift is None else shaped_array(shift, "shift", (dim,))


def subspace(origin: ArrayLike, basis: ArrayLike, dim: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A point of R^dim, and at least one row that spans an affine subspace through it."""
    start = shaped_array(origin, "origin", (dim,))
    rows = shaped_array(basis, "basis", ("k", dim))
    if len(rows) == 0:
        raise ValueError("basis: expected at least one row, got none")
    return start, rows


def center(values: ArrayLike) -> NDArray[np.float64]:
    """A read-only point of at least one coordinate."""
    middle = shaped_array(values, "center", ("d",))
    if len(middle) == 0:
        raise ValueError("center: expected at least one coordinate, got none")
    return frozen(middle)
