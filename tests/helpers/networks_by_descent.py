"""An oracle for certified fits: networks trained by L-BFGS, whose objectives no lower bound may exceed."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from radon_nn.fitting.losses import Loss

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def trained(
    loss: Loss, x: np.ndarray, y: np.ndarray, decay: float, *, width: int, rng: np.random.Generator, linear: bool = True
) -> tuple[float, Callable[[np.ndarray], np.ndarray]]:
    """The objective sum l + decay sum |v| |w| of a network after descent from a random start, and the network."""
    (n, d), o = x.shape, y.shape[1]
    shapes = (width, d), (width,), (width, o), (d + 1, o)
    sizes = np.cumsum([np.prod(shape) for shape in shapes])

    def parts(flat: np.ndarray) -> Arrays:
        w, b, v, affine = (part.reshape(shape) for part, shape in zip(np.split(flat, sizes[:-1]), shapes, strict=True))
        return w, b, v, affine if linear else np.concatenate([0 * affine[:-1], affine[-1:]])

    design = np.concatenate([x, np.ones((n, 1))], axis=1)

    def value(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w, b, v, affine = parts(flat)
        before = x @ w.T + b
        hidden = np.maximum(before, 0)
        p = np.clip(hidden @ v + design @ affine, -50, 50)
        z = loss.gradient(p, y)
        back = (z @ v.T) * (before > 0)
        total = loss.value(p, y).sum() + decay / 2 * (np.sum(w**2) + np.sum(v**2))
        slopes = back.T @ x + decay * w, back.sum(axis=0), hidden.T @ z + decay * v, design.T @ z
        return float(total), np.concatenate([part.reshape(-1) for part in slopes])

    start = rng.standard_normal(int(sizes[-1])) * 0.7
    start[sizes[2] :] = 0
    w, b, v, affine = parts(minimize(value, start, jac=True, method="L-BFGS-B", options={"maxiter": 400}).x)

    def network(points: np.ndarray) -> np.ndarray:
        return np.maximum(points @ w.T + b, 0) @ v + np.column_stack([points, np.ones(len(points))]) @ affine

    norm = float(np.sum(np.linalg.norm(v, axis=1) * np.linalg.norm(w, axis=1)))
    return float(loss.value(network(x), y).sum()) + decay * norm, network
