"""A function seen through its values alone: called in chunks, checked, and named where it fails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support.types import Floats

_CHUNK = 1 << 17


class BlackBox:
    """
    A callable (n, d) -> (n,), or (n, o) if asked for, called in chunks, its values checked and counted.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n real values, shaped (n,) or (n, 1).
    dim : int
        Dimension d.
    remedy : str
        What to do about a function that is not defined everywhere; the end of its errors.
    several : bool
        Whether several outputs are welcome. If so, values come back shaped (n, o), a single output as (n, 1).

    Raises
    ------
    TypeError
        If `f` cannot be called.
    """

    def __init__(self, f: Callable[[Floats], ArrayLike], dim: int, remedy: str, *, several: bool = False) -> None:
        if not callable(f):
            raise TypeError(f"f: expected a function of points (n, {dim}), got {type(f).__name__}")
        self._f, self._remedy, self.dim, self.count = f, remedy, dim, 0
        self._several = several
        self.outputs: int | None = None if several else 1
        """How many outputs the function has; not known before the first call if there may be several."""
        self.rounding = 0.0
        """By how much the values seen may have been rounded, at least."""
        self.precision = float(np.finfo(np.float64).eps)
        """The relative rounding of the coarsest type of values seen."""

    def __call__(self, points: Floats) -> Floats:
        parts = [self._values(points[i : i + _CHUNK]) for i in range(0, len(points), _CHUNK)]
        if not parts:
            return np.empty((0, self.outputs or 1) if self._several else 0)
        return np.concatenate(parts)

    def _values(self, points: Floats) -> Floats:
        try:
            # Far probes overflow and underflow inside many a formula; what comes out is checked below.
            with np.errstate(over="ignore", under="ignore"):
                raw = self._f(points.copy())
        except (Exception, SystemExit) as error:
            raise ValueError(
                f"f: failed at the point {self._culprit(points).tolist()} with {type(error).__name__}: {error}; "
                f"{self._remedy}"
            ) from error
        values = np.asarray(raw)
        if values.dtype.kind not in "fiub":
            raise TypeError(f"f: expected real values, got dtype {values.dtype}")
        self._check_shape(values.shape, points.shape)
        precision = np.finfo(np.float32 if values.dtype in (np.float16, np.float32) else np.float64).eps
        values = values.reshape((len(points), -1) if self._several else -1).astype(np.float64)
        bad = np.flatnonzero(~np.isfinite(values.reshape(len(points), -1)).all(axis=1))
        if len(bad):
            raise ValueError(
                f"f: expected finite values, got {values[bad[0]]} at the point {points[bad[0]].tolist()}, and at "
                f"{len(bad)} of {len(points)} points; {self._remedy}"
            )
        self.count += len(points)
        self.precision = max(self.precision, float(precision))
        self.rounding = max(self.rounding, float(precision * np.abs(values).max(initial=0.0)))
        return values

    def _check_shape(self, got: tuple[int, ...], points: tuple[int, ...]) -> None:
        n = points[0]
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
                f"f: expected values of shape {wanted} for points of shape {points}, got {got}; return one row a point"
            )
        self.outputs = outputs

    def _culprit(self, points: Floats) -> Floats:
        """The first point of a chunk, as bisection finds it, at which the callable raises."""
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
