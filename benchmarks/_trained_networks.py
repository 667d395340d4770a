"""
Networks trained without a certificate under any loss: Adam then L-BFGS, AdamW, proximal steps, scikit-learn's.

Times given to them are CPU seconds: on a busy machine wall time passes without steps.
"""

from __future__ import annotations

import math
import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from radon_nn import Loss

Floats = NDArray[np.float64]
Parts = tuple[Floats, Floats, Floats, Floats]


class Training:
    """Data, loss, decay and width; the loss with its gradient in all parameters (w, b, v, affine) as one vector."""

    def __init__(self, x: Floats, y: Floats, loss: Loss, decay: float, *, width: int, seed: int) -> None:
        self.x, self.y, self.loss, self.decay, self.width = x, y, loss, decay, width
        (n, d), o, k = x.shape, y.shape[1], width
        self.design = np.column_stack([x, np.ones(n)])
        self.shapes = (k, d), (k,), (k, o), (d + 1, o)
        self.ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        rng = np.random.default_rng(seed)
        w = rng.standard_normal((k, d)) / np.sqrt(d)
        # Kinks pass through data.
        b = -np.einsum("kd,kd->k", w, x[rng.integers(n, size=k)])
        v = rng.standard_normal((k, o)) / np.sqrt(k)
        self.start = np.concatenate([w.ravel(), b, v.ravel(), np.zeros((d + 1) * o)])

    def parts(self, theta: Floats) -> Parts:
        """Weights (k, d), biases (k,), readout (k, o) and affine part (d + 1, o), as views."""
        pieces = np.split(theta, self.ends[:-1])
        w, b, v, affine = (piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True))
        return w, b, v, affine

    def value(self, theta: Floats, decay: float = 0.0) -> tuple[float, Floats]:
        """The loss, plus decay/2 times the squares of weights and readout, and its gradient."""
        w, b, v, affine = self.parts(theta)
        before = self.x @ w.T + b
        act = np.maximum(before, 0)
        p = act @ v + self.design @ affine
        z = self.loss.gradient(p, self.y)
        slope = (z @ v.T) * (before > 0)
        rows = slope.T @ self.x + decay * w, slope.sum(axis=0), act.T @ z + decay * v, self.design.T @ z
        total = self.loss.value(p, self.y).sum() + decay / 2 * (np.sum(w**2) + np.sum(v**2))
        return float(total), np.concatenate([row.ravel() for row in rows])

    def objective(self, parts: Parts) -> float:
        """The loss + decay sum |v| |w|: at most what weight decay descends."""
        w, b, v, affine = parts
        p = np.maximum(self.x @ w.T + b, 0) @ v + self.design @ affine
        norm = np.linalg.norm(v, axis=1) @ np.linalg.norm(w, axis=1)
        return float(self.loss.value(p, self.y).sum() + self.decay * norm)


def adam_and_lbfgs(run: Training, seconds: float) -> float:
    """The objective after Adam (full batches, cosine schedule) for half the time, and L-BFGS for the other half."""
    theta, begin = run.start.copy(), time.process_time()
    first, second, step = np.zeros_like(theta), np.zeros_like(theta), 0
    while (passed := (time.process_time() - begin) / (seconds / 2)) < 1:
        step += 1
        _, gradient = run.value(theta, run.decay)
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        rate = 0.01 * (1 + np.cos(np.pi * passed)) / 2
        theta -= rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)

    def late(_: Floats) -> None:
        if time.process_time() - begin > seconds:
            raise StopIteration

    # Its own tolerances end it after one iteration where Adam has slowed down; so it ends by rounding or the time.
    most = {"maxiter": 10**6, "maxfun": 10**7, "ftol": 0.0, "gtol": 0.0}
    # A step too far overflows where the loss is an exponential: it is infinite, and the search takes a shorter one.
    with np.errstate(over="ignore", invalid="ignore"):
        best = minimize(run.value, theta, (run.decay,), "L-BFGS-B", jac=True, callback=late, options=most).x
        reached = run.objective(run.parts(best))
    return reached if math.isfinite(reached) else math.inf


def by_torch(run: Training, seconds: float, *, proximal: bool) -> float:
    """The objective after PyTorch's AdamW with weight decay, or Adam with proximal steps on the path norm."""
    import torch

    from radon_nn.torch import ProximalPathNorm

    # Matrices are small: a second thread would spend CPU time on waiting.
    torch.set_num_threads(1)
    w, b, v, affine = (torch.from_numpy(part.copy()).requires_grad_() for part in run.parts(run.start))
    readout = v.detach().T.clone().requires_grad_()
    rest = [{"params": [b, affine], "weight_decay": 0.0}]
    descent: Any
    if proximal:
        descent = torch.optim.Adam([{"params": [w, readout]}, *rest], lr=0.01)
        descent = ProximalPathNorm(descent, [(w, readout)], decay=run.decay)
    else:
        descent = torch.optim.AdamW([{"params": [w, readout], "weight_decay": run.decay}, *rest], lr=0.01)
    x, design = torch.from_numpy(run.x), torch.from_numpy(run.design)
    begin = time.process_time()
    while (passed := (time.process_time() - begin) / seconds) < 1:
        for group in descent.param_groups:
            group["lr"] = 0.01 * (1 + math.cos(math.pi * passed)) / 2
        p = torch.relu(x @ w.T + b) @ readout.T + design @ affine
        slopes = run.loss.gradient(p.detach().numpy(), run.y)
        descent.zero_grad()
        p.backward(torch.from_numpy(slopes))
        descent.step()
    w_, b_, v_, affine_ = (part.detach().numpy() for part in (w, b, readout, affine))
    return run.objective((w_, b_, v_.T, affine_))


def by_scikit_learn(run: Training) -> float | None:
    """The objective of scikit-learn's MLP (L-BFGS), whose affine part is made of neurons; None for other losses."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    d, o = run.x.shape[1], run.y.shape[1]
    options = {"hidden_layer_sizes": (run.width,), "solver": "lbfgs", "max_iter": 2000, "random_state": 0}
    if run.loss.name == "squared":
        # Its loss is the mean over outputs too.
        model = MLPRegressor(alpha=run.decay / o, **options)
        targets = run.y[:, 0] if o == 1 else run.y
    elif run.loss.name == "logistic" and o == 1:
        model, targets = MLPClassifier(alpha=run.decay, **options), run.y[:, 0] > 0
    else:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(run.x, targets)
    constant = np.concatenate([np.zeros((d, o)), model.intercepts_[1][None]])
    return run.objective((model.coefs_[0].T, model.intercepts_[0], model.coefs_[1], constant))
