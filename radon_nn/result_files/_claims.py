"""What files claim of fits, held against what their data and duals say: costs, bounds and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COST = 1e-6
"""Costs are those of their functions, and bounds below costs, to this part: the rounding of sums of many terms."""
_MOMENTS = 1e-6
"""Moments of a dual, relative to its sum of moduli, that count as zero. Fits leave 1e-12 at most, except subgradients
near the ends of their domains, whose repair stops after three steps of a factor of some 1e-3."""
_SEARCHED = {0: 10**9, 1: 10**5, 2: 400, 3: 50}
"""The most points, by their dimension, for which max |F_r| is found again when a file is read: a tenth of a second of
one core at most, as measured for duals of random numbers. Other fits are left to `certificate()`."""


def is_searched(dim: int, count: int) -> bool:
    """
    Whether max |F_r| is found again when a file is read.

    Parameters
    ----------
    dim : int
        Dimension of the points.
    count : int
        Their number.

    Returns
    -------
    bool
        If that takes no longer than a tenth of a second.
    """
    return count <= _SEARCHED.get(dim, 0)


def slack_of(numbers: Mapping[str, Any], size: float) -> float:
    """
    By how much a cost or a bound may differ from its value computed anew.

    Parameters
    ----------
    numbers : mapping of str to float
        Among them `objective`.
    size : float
        Of the values, whose rounding costs have.

    Returns
    -------
    float
        A part of both.
    """
    return float(_COST * (abs(numbers["objective"]) + size))


def require_cost(numbers: Mapping[str, Any], cost: float, slack: float) -> None:
    """
    Refuse a fit whose objective is not that of its function, or that has a bound above it.

    Parameters
    ----------
    numbers : mapping of str to float
        Among them `objective`, `lower` and `presumed_lower`.
    cost : float
        The cost of the function, computed anew.
    slack : float
        Their rounding.

    Raises
    ------
    ValueError
        If they disagree.
    """
    objective = numbers["objective"]
    if not abs(cost - objective) <= slack:
        raise ValueError(f"objective: expected the cost of the function, {cost:g}, got {objective:g}")
    for name in ("lower", "presumed_lower"):
        if not numbers[name] <= objective + slack:
            raise ValueError(f"{name}: expected at most the objective {objective:g}, got {numbers[name]:g}")


def require_answers(numbers: Mapping[str, Any], dim: int, stopped: str) -> None:
    """
    Refuse answers that no fit gives together. The tolerance that they refer to is not known.

    Parameters
    ----------
    numbers : mapping of str to float or bool
        Among them `objective`, `lower`, `presumed_lower`, `certified`, `converged` and `settled`.
    dim : int
        Dimension of the space that the points span.
    stopped : str
        Why the fit stopped, if it did not converge.

    Raises
    ------
    ValueError
        If they disagree.
    """
    converged, settled = numbers["converged"], numbers["settled"]
    if numbers["certified"] and not converged and dim > 3:
        raise ValueError(
            f"certified: expected False for points that span {dim} dimensions where the fit has not converged, got True"
        )
    if converged == bool(stopped):
        wanted = "no reason to stop for a fit that has converged" if converged else "a reason, as it has not converged"
        raise ValueError(f"stopped: expected {wanted}, got {stopped!r}")
    apart = numbers["presumed_lower"] - numbers["lower"]
    if converged and not settled and apart >= 0:
        raise ValueError("settled: expected True, as the fit has converged to a bound no higher, got False")
    if settled and not converged and apart <= 0:
        raise ValueError("converged: expected True, as the fit has settled at a bound no higher, got False")


def require_bound(numbers: Mapping[str, Any], value: float, slack: float) -> None:
    """
    Refuse a lower bound other than the value of the dual, and a dual that is worth more than the objective.

    Parameters
    ----------
    numbers : mapping of str to float
        Among them `objective` and `lower`.
    value : float
        The value of the dual, if it is feasible.
    slack : float
        Rounding of both.

    Raises
    ------
    ValueError
        If they disagree.
    """
    if not abs(numbers["lower"] - value) <= slack:
        raise ValueError(f"lower: expected what the dual is worth, {value:g}, got {numbers['lower']:g}")


def require_feasible(largest: float, moments: float, rounding: float) -> None:
    """
    Refuse a dual that proves nothing as it is.

    Parameters
    ----------
    largest : float
        The maximum of |F_r| with its rounding; 0 if that was not searched.
    moments : float
        The dual's moments, relative to its size.
    rounding : float
        How far rounding may move |F_r|.

    Raises
    ------
    ValueError
        If one of them is too large.
    """
    if not moments <= _MOMENTS:
        raise ValueError(f"dual: expected a vector orthogonal to affine functions, got moments of {moments:.2g}")
    # The fit's own search was rounded, and so was this one.
    if not largest <= 1 + _COST + 2 * rounding:
        raise ValueError(f"dual: expected |F_r| <= 1 at all hyperplanes, got {largest:.6g}")
