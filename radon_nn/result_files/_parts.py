"""What several results have in common in files: names, refinements, and the checks of costs and bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.geometry.naming import Names
from radon_nn.measures.result import Refinement

Arrays = dict[str, NDArray[Any]]

NAMES = ("features", "outputs", "means", "deviations")
STEPS = ("at", "value", "lower", "upper")
_COST = 1e-6
"""Costs are those of their functions, and bounds below costs, to this part: the rounding of sums of many terms."""


def names_to(names: Names) -> dict[str, Any]:
    """
    Names as arrays.

    Parameters
    ----------
    names : Names
        The names.

    Returns
    -------
    dict of str to object
        Those parts that there are.
    """
    return {f"names.{part}": getattr(names, part) for part in NAMES if getattr(names, part) is not None}


def names_from(arrays: Arrays) -> Names:
    """
    Names from arrays.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.

    Returns
    -------
    Names
        The names.
    """
    parts = {part: arrays[f"names.{part}"] for part in NAMES if f"names.{part}" in arrays}
    return Names(**{part: value.tolist() for part, value in parts.items()})


def refinement_to(refinement: Refinement) -> dict[str, Any]:
    """
    A refinement as arrays.

    Parameters
    ----------
    refinement : Refinement
        The refinement.

    Returns
    -------
    dict of str to object
        Its name and its steps.
    """
    steps = {f"refinement.{name}": getattr(refinement, name) for name in STEPS}
    return {"refinement.name": refinement.name} | steps


def refinement_from(arrays: Arrays) -> Refinement:
    """
    A refinement from arrays.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.

    Returns
    -------
    Refinement
        The refinement.

    Raises
    ------
    ValueError
        If its columns differ in length.
    """
    steps = [tuple(map(float, arrays[f"refinement.{name}"])) for name in STEPS]
    if len({len(step) for step in steps}) != 1:
        raise ValueError(f"refinement: expected steps of one length, got {[len(step) for step in steps]}")
    return Refinement(str(arrays["refinement.name"]), *steps)


def require_fit(numbers: Mapping[str, Any], names: Sequence[str]) -> None:
    """
    Refuse a fit whose numbers are not finite, but for the presumed bound, which may be minus infinity.

    Parameters
    ----------
    numbers : mapping of str to float
        The numbers.
    names : sequence of str
        Which of them to look at.

    Raises
    ------
    ValueError
        If one of them is not finite.
    """
    finite = [name for name in names if name != "presumed_lower"]
    if not all(np.isfinite(numbers[name]) for name in finite) or np.isnan(numbers["presumed_lower"]):
        raise ValueError(f"{', '.join(finite)}: expected finite numbers, got {[numbers[name] for name in finite]}")


def require_cost(numbers: Mapping[str, Any], cost: float, size: float) -> None:
    """
    Refuse a fit whose objective is not that of its function, or whose lower bound is above it.

    Parameters
    ----------
    numbers : mapping of str to float
        Among them `objective` and `lower`.
    cost : float
        The cost of the function, computed anew.
    size : float
        Of the values, whose rounding the cost has.

    Raises
    ------
    ValueError
        If they disagree.
    """
    slack = _COST * (abs(cost) + size)
    if not abs(cost - numbers["objective"]) <= slack:
        raise ValueError(f"objective: expected the cost of the function, {cost:g}, got {numbers['objective']:g}")
    if numbers["lower"] > numbers["objective"] + slack:
        raise ValueError(f"lower: expected at most the objective {numbers['objective']:g}, got {numbers['lower']:g}")


def require_bound(numbers: Mapping[str, Any], worth: float, size: float) -> None:
    """
    Refuse a lower bound other than the value of the dual.

    Parameters
    ----------
    numbers : mapping of str to float
        Among them `objective` and `lower`.
    worth : float
        The value of the dual, if it is feasible.
    size : float
        Of the values, whose rounding both have.

    Raises
    ------
    ValueError
        If they disagree.
    """
    if not abs(numbers["lower"] - worth) <= _COST * (abs(numbers["objective"]) + size):
        raise ValueError(f"lower: expected what the subgradients are worth, {worth:g}, got {numbers['lower']:g}")
