"""A function known by its values alone: called in chunks, its values checked, the point named where it fails."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support.types import Floats

_CHUNK = 1 << 17
"""Points in one call: 2 MiB of coordinates in the plane, so that intermediate arrays of f stay small."""
_FIRST, _LEAST = 256, 16
"""Points in the first call, and in any, of a function under a time limit."""
_PART = 0.25
"""A call may be expected to take this part of the time left."""
_FRAMEWORKS = frozenset(("torch", "keras", "sklearn"))
_FOR_A_BATCH = "write it for a batch of shape (n, d), or pass vectorize=True"


class TimeUpError(Exception):
    """The time limit has passed."""


def pointwise(f: Callable[[Floats], ArrayLike]) -> Callable[[Floats], Floats]:
    """
    A function of a batch of points, from one that takes a single point: it is called in a loop.

    Parameters
    ----------
    f : callable
        Takes a point (d,), returns a number, or (o,) numbers.

    Returns
    -------
    callable
        Takes points (n, d), returns (n,) or (n, o) values; with the attribute `dim` of `f`, if it has one.

    Raises
    ------
    TypeError
        If `f` cannot be called.
    """
    if not callable(f):
        raise TypeError(f"f: expected a function of a point, got {type(f).__name__}; leave vectorize=True out")

    def batched(points: Floats) -> Floats:
        """The values at points, one call for each."""
        return np.array([np.asarray(f(point)) for point in points])

    if isinstance(getattr(f, "dim", None), int):
        batched.dim = f.dim  # type: ignore[attr-defined]
    return batched


def framework_of(f: object) -> str | None:
    """
    The framework whose model an object is, from its class alone.

    Parameters
    ----------
    f : object
        Anything.

    Returns
    -------
    str or None
        The framework's package.
    """
    roots = {base.__module__.partition(".")[0] for base in type(f).__mro__}
    return min(roots & _FRAMEWORKS, default=None)


class BlackBox:
    """
    A callable (n, d) -> (n,), or (n, o) with `several`, called in chunks; its values are checked and counted.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n real values, shaped (n,) or (n, 1).
    dim : int
        Dimension d.
    remedy : str
        What to do where the function is not defined: the last part of its errors.
    several : bool
        Whether `f` may have several outputs. If so, values come back shaped (n, o), a single output as (n, 1).
    until : float
        The time, by `time.monotonic`, after which no call of `f` begins: `TimeUpError` is raised instead. Before it,
        batches are divided by what a point has cost.

    Raises
    ------
    TypeError
        If `f` cannot be called.
    """

    def __init__(
        self,
        f: Callable[[Floats], ArrayLike],
        dim: int,
        remedy: str,
        *,
        several: bool = False,
        until: float = math.inf,
    ) -> None:
        if not callable(f):
            raise TypeError(f"f: expected a function of points (n, {dim}), got {type(f).__name__}")
        self._f, self._remedy, self.dim, self.count = f, remedy, dim, 0
        self._several, self.until = several, until
        self.outputs: int | None = None if several else 1
        """The number of outputs; with `several`, None until the first call."""
        self.seconds = 0.0
        """The time that all calls took."""
        self.rounding = 0.0
        """The rounding error, at least, of the largest value so far: `precision` times its modulus."""
        self.precision = float(np.finfo(np.float64).eps)
        """The spacing of 1 in the coarsest floating-point type returned so far."""

    def __call__(self, points: Floats) -> Floats:
        parts, begin = [], 0
        while begin < len(points):
            end = begin + self._batch()
            parts.append(self._values(points, slice(begin, end)))
            begin = end
        if not parts:
            return np.empty((0, self.outputs or 1) if self._several else 0)
        return np.concatenate(parts)

    def _batch(self) -> int:
        """Points of the next call."""
        if self.until == math.inf:
            return _CHUNK
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeUpError
        return max(_LEAST, self.affordable(_CHUNK, _PART * left)) if self.count else _FIRST

    @property
    def left(self) -> float:
        """Seconds left for calls; infinity without a limit."""
        return max(self.until - time.monotonic(), 0.0)

    def _values(self, every: Floats, chunk: slice) -> Floats:
        points = every[chunk]
        values = self._called(points)
        if values.dtype.kind not in "fiub":
            raise TypeError(f"f: expected real values, got dtype {values.dtype}")
        if values.shape[:1] != points.shape[:1] and values.shape != ():
            self._require_batches(points)
        self._check_shape(values.shape, points.shape)
        precision = np.finfo(values.dtype if values.dtype in (np.float16, np.float32) else np.float64).eps
        values = values.reshape((len(points), -1) if self._several else -1).astype(np.float64)
        largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
        if not np.isfinite(largest):
            bad = np.flatnonzero(~np.isfinite(values.reshape(len(points), -1)).all(axis=1))
            raise ValueError(
                f"f: expected finite values, got {values[bad[0]]} at the point {points[bad[0]].tolist()} (row "
                f"{chunk.start + bad[0]} of {len(every)}), and {len(bad)} such rows among the {len(points)} of one "
                f"call; {self._remedy}"
            )
        self.count += len(points)
        self.precision = max(self.precision, float(precision))
        self.rounding = max(self.rounding, float(precision * largest))
        return values

    def affordable(self, most: int, seconds: float) -> int:
        """
        How many points take at most some time, by what earlier ones took.

        Parameters
        ----------
        most : int
            Points wanted.
        seconds : float
            The time.

        Returns
        -------
        int
            At most that many.
        """
        expected = most * self.seconds / max(self.count, 1)
        return most if expected <= seconds else int(most * seconds / expected)

    def _called(self, points: Floats) -> NDArray[Any]:
        """What the function returns, as an array."""
        begin = time.perf_counter()
        try:
            # Formulas may overflow and underflow far out; what they return is checked afterwards.
            with np.errstate(over="ignore", under="ignore"):
                raw = self._f(points.copy())
        except (Exception, SystemExit) as error:
            self._require_batches(points)
            raise ValueError(
                f"f: failed at the point {self._culprit(points).tolist()} with {type(error).__name__}: {error}; "
                f"{self._remedy_of(error)}"
            ) from error
        self.seconds += time.perf_counter() - begin
        try:
            return np.asarray(raw)
        except ValueError as error:
            raise ValueError(
                f"f: expected an array of values, got nested lists of unequal length for points of shape "
                f"{points.shape}; return one row per point"
            ) from error

    def _remedy_of(self, error: BaseException) -> str:
        """What to do about an error of the function: where its kind tells, else the caller's remedy."""
        if framework_of(self._f) is not None:
            return "hand over the network, from_model(model)"
        if isinstance(error, TypeError) and "positional argument" in str(error):
            each = ", ".join(f"x[:, {k}]" for k in range(min(self.dim, 3))) + (", ..." if self.dim > 3 else "")
            return f"write it for one array of points, shape (n, {self.dim}), such as lambda x: f({each})"
        return self._remedy

    def _check_shape(self, got: tuple[int, ...], points: tuple[int, ...]) -> None:
        n = points[0]
        if got == ():
            raise ValueError(
                f"f: expected values of shape ({n},) for points of shape {points}, got (), one number; {_FOR_A_BATCH}"
            )
        if not self._several:
            if got not in ((n,), (n, 1)):
                raise ValueError(
                    f"f: expected values of shape ({n},) for points of shape {points}, got {got}; take one output at "
                    "a time"
                )
            return
        outputs = got[1] if len(got) == 2 else 1
        if len(got) not in (1, 2) or got[0] != n or outputs == 0 or self.outputs not in (None, outputs):
            wanted = f"({n},) or ({n}, outputs)" if self.outputs is None else f"({n}, {self.outputs})"
            raise ValueError(
                f"f: expected values of shape {wanted} for points of shape {points}, got {got}; return one row per "
                "point"
            )
        self.outputs = outputs

    def _require_batches(self, points: Floats) -> None:
        """Say so if the function takes one point: what it returns for many is of no use."""
        try:
            with np.errstate(all="ignore"):
                single = np.ndim(self._f(points[0].copy())) == 0
        except (Exception, SystemExit):
            return
        if single:
            raise ValueError(
                f"f: expected a function of a batch of points, shape (n, {self.dim}), got one of a single point; "
                f"{_FOR_A_BATCH}"
            )

    def _culprit(self, points: Floats) -> Floats:
        """A point of a chunk at which the callable raises, by bisection: the first, if it fails point by point."""
        while len(points) > 1:
            half = points[: len(points) // 2]
            try:
                with np.errstate(over="ignore", under="ignore"):
                    self._f(half.copy())
            except (Exception, SystemExit):
                points = half
            else:
                points = points[len(half) :]
        culprit: Floats = points[0]
        return culprit
