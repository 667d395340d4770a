"""Proximal steps of the product of two norms: in closed form for one step size each, by Newton's method for many."""

from __future__ import annotations

from typing import Any

import torch

_STEPS = 60
"""Newton's steps at most: 4 to 6 are usual, and bisection alone narrows a bracket of e^80 to rounding in 60."""
_LEAST = 1e-200
"""Step sizes below this are taken for it: what they divide stays finite, and what they multiply stays."""
_REACH = 40.0
"""The ratio of the norms is sought within a factor of e^40 of the ratio at the start."""


def proximal_norms(outer: Any, inner: Any, gamma: float) -> tuple[Any, Any]:
    """
    The proximal step of gamma a b, for norms a and b: the minimisers of (a - a0)^2/2 + (b - b0)^2/2 + gamma a b.

    With the directions of v and w kept, these are the norms after the proximal step of gamma |v| |w|. With
    S = (a0 + b0)/(1 + gamma) and D = (a0 - b0)/(1 - gamma) they are (S + D)/2 and (S - D)/2 where gamma < 1 and
    |D| < S; otherwise the smaller one becomes zero and the larger one stays.

    Parameters
    ----------
    outer, inner : Tensor, shape (k,)
        The norms a0 and b0.
    gamma : float
        The step size times the penalty. From 1 on the step jumps where a0 = b0, so keep it well below.

    Returns
    -------
    tuple of Tensor, shape (k,) each
        The norms a and b, at least zero: the global minimum. Where a0 or b0 is not finite, both stay.

    Raises
    ------
    ValueError
        If gamma is negative or not finite.

    See Also
    --------
    ProximalPathNorm : The optimiser that takes this step.

    Examples
    --------
    >>> a, b = proximal_norms(torch.tensor([2.0, 2.0]), torch.tensor([2.0, 0.5]), 0.5)
    >>> a.tolist(), b.tolist()
    ([1.3333333730697632, 2.0], [1.3333333730697632, 0.0])
    """
    if not 0 <= gamma < float("inf"):
        raise ValueError(f"gamma: expected a number >= 0, got {gamma!r}")
    known = torch.isfinite(outer) & torch.isfinite(inner)
    larger = outer >= inner
    nothing = torch.zeros_like(outer)
    lone = torch.where(larger | ~known, outer, nothing), torch.where(larger & known, nothing, inner)
    if gamma >= 1:
        return lone
    total, difference = (outer + inner) / (1 + gamma), (outer - inner) / (1 - gamma)
    both = (difference.abs() < total) & known
    return (
        torch.where(both, (total + difference) / 2, lone[0]),
        torch.where(both, (total - difference) / 2, lone[1]),
    )


def proximal_factors(outer: Any, inner: Any, steps: tuple[Any, Any], decay: float) -> tuple[Any, Any]:
    """
    The proximal step of decay |v| |w| in a diagonal metric, as factors of the entries of v and w.

    It minimises sum (v - v0)^2 / (2 r) + sum (w - w0)^2 / (2 s) + decay |v| |w|, with a step size r or s for each
    entry, as adaptive optimisers have them. Where neither vanishes, v = v0 / (1 + decay r / q) and
    w = w0 / (1 + decay s q) with q = |v| / |w|, which makes q the root of one equation.

    Parameters
    ----------
    outer, inner : Tensor, shape (k, o) and (k, d)
        The vectors v0 and w0, a row for each neuron.
    steps : tuple of Tensor, shape (k, o) and (k, d)
        The step sizes r and s; where one is zero, its entry stays.
    decay : float
        The penalty, positive.

    Returns
    -------
    tuple of Tensor, shape (k, o) and (k, d)
        The factors in float64, between 0 and 1; zero for the whole row of what vanishes, 1 where a row is not finite.
    """
    v, w = outer.double(), inner.double()
    r, s = (part.double().clamp(min=_LEAST) for part in steps)
    size = [torch.linalg.vector_norm(part, dim=1) for part in (v, w, v / r, w / s)]
    alive = (size[2] > decay * size[1]) & (size[3] > decay * size[0])
    # Where both may live, the smaller norm of the two is a fair start for the ratio's logarithm.
    start = torch.log(size[0].clamp(min=1e-300)) - torch.log(size[1].clamp(min=1e-300))
    log_ratio = _log_ratio((v, w, decay * r, decay * s), start, alive)
    ratio = log_ratio.exp()[:, None]
    both = 1 / (1 + decay * r / ratio), 1 / (1 + decay * s * ratio)
    cost = ((1 - both[0]) ** 2 * v**2 / (2 * r)).sum(1) + ((1 - both[1]) ** 2 * w**2 / (2 * s)).sum(1)
    cost = cost + decay * (both[0] * v).norm(dim=1) * (both[1] * w).norm(dim=1)
    cost = torch.where(alive, cost, torch.full_like(cost, torch.inf))
    drop_outer, drop_inner = (v**2 / (2 * r)).sum(1), (w**2 / (2 * s)).sum(1)
    stay = (cost <= torch.minimum(drop_outer, drop_inner))[:, None]
    lone = (drop_outer > drop_inner)[:, None].double()
    finite = torch.stack([torch.isfinite(part).all(1) for part in (v, w, r, s)]).all(0)[:, None]
    factors = torch.where(stay, both[0], lone), torch.where(stay, both[1], 1 - lone)
    return torch.where(finite, factors[0], 1.0), torch.where(finite, factors[1], 1.0)


def _log_ratio(terms: tuple[Any, Any, Any, Any], start: Any, wanted: Any) -> Any:
    """The root of log |v| - log |w| - log q in log q, by Newton's method within a bracket, where it is wanted."""
    v, w, r, s = terms
    low, high, at = start - _REACH, start + _REACH, start
    for _ in range(_STEPS):
        q = at.exp()[:, None]
        outer, inner = r / q, s * q
        v_squares, w_squares = (v / (1 + outer)) ** 2, (w / (1 + inner)) ** 2
        v_sum, w_sum = v_squares.sum(1).clamp(min=1e-300), w_squares.sum(1).clamp(min=1e-300)
        value = torch.log(v_sum) / 2 - torch.log(w_sum) / 2 - at
        slope = (v_squares * outer / (1 + outer)).sum(1) / v_sum + (w_squares * inner / (1 + inner)).sum(1) / w_sum - 1
        low, high = torch.where(value > 0, at, low), torch.where(value > 0, high, at)
        step = at - value / torch.where(slope < 0, slope, -torch.ones_like(slope))
        inside = (step >= low) & (step <= high)
        after = torch.where(inside, step, (low + high) / 2)
        if not bool((wanted & ((after - at).abs() > 1e-13 * (1 + at.abs()))).any()):
            return after
        at = after
    return at
