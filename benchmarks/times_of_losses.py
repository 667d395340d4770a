"""Wall times of certified fits under losses, one case at a time, beside what was asked of them.

    python benchmarks/times_of_losses.py vector | logistic | space | cv | grid

vector: three outputs, 300 points of the plane; logistic: labels of the same points; space: three outputs, 200 points in
three dimensions; cv: `RTVRegressorCV` with 20 decays from decay_max to a thirtieth of it, five folds, 300 points of the
plane; grid: scikit-learn's `GridSearchCV` over the same decays and folds. Kernels are compiled before the clock starts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from radon_nn import decay_max, fit

Floats = NDArray[np.float64]
LIMITS = {"vector": 5.0, "logistic": 5.0, "space": 30.0, "cv": 20.0, "grid": 60.0}
"""Seconds on two cores."""


def data(count: int, dim: int, outputs: int) -> tuple[Floats, Floats]:
    """Points of the cube, and noisy values."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (count, dim))
    f = np.column_stack([np.sin(3 * x[:, 0] + k) + np.abs(x[:, -1]) for k in range(outputs)])
    return x, f + 0.3 * rng.standard_normal(f.shape)


def certified(count: int, dim: int, outputs: int, loss: str) -> str:
    """A fit to a gap of 1e-4."""
    x, y = data(count, dim, outputs)
    values = (y[:, 0] > np.median(y[:, 0])).astype(float) if loss == "logistic" else y
    best = fit(x, values, decay=0.3, loss=loss)
    assert best.certified
    assert best.gap <= 1e-4 * best.objective
    return f"gap {best.gap / best.objective:.1e}, {len(best.measure)} neurons"


def chosen(count: int) -> str:
    """The decay by the estimator's own path."""
    from radon_nn.estimators import RTVRegressorCV

    x, y = data(count, 2, 1)
    model = RTVRegressorCV(decays=20, cv=5).fit(x, y[:, 0])
    return f"decay {model.decay_:.3g}, gap {model.certificate_.gap / model.certificate_.objective:.1e}"


def searched(count: int) -> str:
    """The decay by a grid search, each fit to the default gap of 1e-4."""
    from sklearn.model_selection import GridSearchCV

    from radon_nn.estimators import RTVRegressor

    x, y = data(count, 2, 1)
    top = decay_max(x, y[:, 0])
    model = GridSearchCV(RTVRegressor(), {"decay": np.geomspace(top / 30, top, 20)}, cv=5).fit(x, y[:, 0])
    return f"decay {model.best_params_['decay']:.3g}"


CASES: dict[str, tuple[Callable[[], str], Callable[[], str]]] = {
    "vector": (lambda: certified(300, 2, 3, "squared"), lambda: certified(20, 2, 3, "squared")),
    "logistic": (lambda: certified(300, 2, 1, "logistic"), lambda: certified(40, 2, 1, "logistic")),
    "space": (lambda: certified(200, 3, 3, "squared"), lambda: certified(12, 3, 3, "squared")),
    "cv": (lambda: chosen(300), lambda: chosen(20)),
    "grid": (lambda: searched(300), lambda: searched(20)),
}
"""The case, and a small one of its kind."""


def main() -> None:
    """Run the case that was asked for."""
    if len(sys.argv) != 2 or sys.argv[1] not in CASES:
        raise SystemExit(f"expected one of {', '.join(CASES)}")
    name = sys.argv[1]
    work, small = CASES[name]
    small()
    begin, cpu = time.perf_counter(), time.process_time()
    said = work()
    took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    verdict = "within" if took < LIMITS[name] else "NOT within"
    print(f"{name}: {took:.2f} s ({cpu:.2f} CPU s), {verdict} {LIMITS[name]:g} s; {said}")


if __name__ == "__main__":
    main()
