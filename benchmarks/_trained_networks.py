"""Networks trained without a certificate, in numpy: Adam followed by L-BFGS, and proximal steps on the path norm."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from radon_nn import ShallowNetwork

Floats = NDArray[np.float64]


class Training:
    """Data, decay and width, and the loss 1/2 sum of squares with its gradient in all parameters as one vector."""

    def __init__(self, x: Floats, y: Floats, width: int, seed: int) -> None:
        self.x, self.y, self.width, self.dim = x, y, width, x.shape[1]
        rng = np.random.default_rng(seed)
        k, d = width, self.dim
        w = rng.standard_normal((k, d)) / np.sqrt(d)
        # Kinks pass through data.
        b = -np.einsum("kd,kd->k", w, x[rng.integers(len(x), size=k)])
        self.start = np.concatenate([w.ravel(), rng.standard_normal(k) / np.sqrt(k), b, np.zeros(d + 1)])

    def parts(self, theta: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Weights (k, d), readout, biases, skip and constant, as views."""
        k, d = self.width, self.dim
        return theta[: k * d].reshape(k, d), *np.split(theta[k * d :], [k, 2 * k, 2 * k + d])  # type: ignore[return-value]

    def loss(self, theta: Floats, decay: float = 0.0) -> tuple[float, Floats]:
        """The loss, plus decay/2 times the squares of weights and readout, and its gradient."""
        w, v, b, c, c0 = self.parts(theta)
        act = np.maximum(self.x @ w.T + b, 0)
        left = act @ v + self.x @ c + c0 - self.y
        slope = left[:, None] * (act > 0) * v
        gradient = np.concatenate(
            [(slope.T @ self.x).ravel(), act.T @ left, slope.sum(axis=0), self.x.T @ left, [left.sum()]]
        )
        n = w.size + v.size
        gradient[:n] += decay * theta[:n]
        return float(left @ left + decay * theta[:n] @ theta[:n]) / 2, gradient

    def network(self, theta: Floats) -> ShallowNetwork:
        """As a network."""
        w, v, b, c, c0 = self.parts(theta)
        return ShallowNetwork(w, -b, v, c[None], c0)

    def objective(self, theta: Floats, decay: float) -> float:
        """1/2 sum of squares + decay R-TV, neurons on one hyperplane merged."""
        return self.loss(theta)[0] + decay * self.network(theta).measure().rtv


def adam_and_lbfgs(training: Training, decay: float, seconds: float) -> float:
    """The objective after Adam (full batches, cosine schedule) for half the time, and L-BFGS for the other half."""
    theta, begin = training.start.copy(), time.perf_counter()
    first, second, step = np.zeros_like(theta), np.zeros_like(theta), 0
    while (passed := (time.perf_counter() - begin) / (seconds / 2)) < 1:
        step += 1
        _, gradient = training.loss(theta, decay)
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        rate = 0.01 * (1 + np.cos(np.pi * passed)) / 2
        theta -= rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)

    def late(_: Floats) -> None:
        if time.perf_counter() - begin > seconds:
            raise StopIteration

    most = {"maxiter": 10**6, "maxfun": 10**7}
    best = minimize(training.loss, theta, (decay,), "L-BFGS-B", jac=True, callback=late, options=most).x
    return training.objective(best, decay)


def proximal(training: Training, decay: float, seconds: float) -> float:
    """The objective after proximal gradient steps on loss + decay sum |v| |w|, with steps found by backtracking."""
    theta, begin, step = training.start.copy(), time.perf_counter(), 1e-3
    while time.perf_counter() - begin < seconds:
        value, gradient = training.loss(theta)
        while True:
            trial = theta - step * gradient
            shrink(training, trial, step * decay)
            move = trial - theta
            # The step is short enough if the loss stays below its quadratic model.
            if training.loss(trial)[0] <= value + gradient @ move + move @ move / (2 * step) or step < 1e-15:
                break
            step /= 2
        theta, step = trial, 1.2 * step
    return training.objective(theta, decay)


def shrink(training: Training, theta: Floats, gamma: float) -> None:
    """The proximal step of gamma |v| |w| in place: directions stay; gamma is far below 1."""
    w, v, *_ = training.parts(theta)
    a, b = np.abs(v), np.linalg.norm(w, axis=1)
    total, apart = (a + b) / (1 + gamma), (a - b) / (1 - gamma)
    inside = np.abs(apart) < total
    new_a = np.where(inside, (total + apart) / 2, np.where(a >= b, a, 0))
    new_b = np.where(inside, (total - apart) / 2, np.where(a >= b, 0, b))
    v *= new_a / np.where(a > 0, a, 1)
    w *= (new_b / np.where(b > 0, b, 1))[:, None]
