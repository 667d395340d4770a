"""What several results have in common in files: names, refinements, and the checks of shapes and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.geometry.naming import Names
from radon_nn.measures.result import Refinement

Arrays = dict[str, NDArray[Any]]

NAMES = ("features", "outputs", "means", "deviations")
STEPS = ("at", "value", "lower", "upper")
ANSWERS = ("certified", "converged", "settled")
"""What a fit says of itself, true or false."""


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


def finite_array(arrays: Arrays, name: str, shape: tuple[int, ...]) -> Floats:
    """
    An array of a shape, all of whose numbers are finite.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.
    name : str
        Which one.
    shape : tuple of int
        Its shape.

    Returns
    -------
    ndarray
        As float64.

    Raises
    ------
    ValueError
        If its shape is another, or a number is not finite.
    """
    array = np.asarray(arrays[name], np.float64)
    if array.shape != shape:
        raise ValueError(f"{name}: expected numbers of shape {shape}, got shape {array.shape}")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        raise ValueError(f"{name}: expected finite numbers, got {array[tuple(wrong[0])]:g} in row {wrong[0][0]}")
    return array


def finite_number(arrays: Arrays, name: str) -> float:
    """
    A finite number.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.
    name : str
        Which one.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ValueError
        If it is infinite or no number.
    """
    number = float(arrays[name])
    if not np.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {number:g}")
    return number


def number_from_zero(arrays: Arrays, name: str) -> float:
    """
    A finite number >= 0.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.
    name : str
        Which one.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ValueError
        If it is negative, infinite or no number.
    """
    number = finite_number(arrays, name)
    if number < 0:
        raise ValueError(f"{name}: expected a number >= 0, got {number:g}")
    return number


def claims_from(arrays: Arrays, finite: Sequence[str], from_zero: Sequence[str]) -> dict[str, Any]:
    """
    What a fit claims: its numbers, its presumed lower bound, and its answers.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.
    finite : sequence of str
        Numbers that are finite.
    from_zero : sequence of str
        Those that are also >= 0.

    Returns
    -------
    dict of str to float or bool
        With a presumed lower bound of minus infinity where nothing was found in time.

    Raises
    ------
    ValueError
        If a number is not what it has to be.
    """
    numbers: dict[str, Any] = {name: finite_number(arrays, name) for name in finite}
    numbers["presumed_lower"] = float(arrays["presumed_lower"])
    numbers |= {name: number_from_zero(arrays, name) for name in from_zero}
    return numbers | {name: bool(arrays[name]) for name in ANSWERS}


def whole_number(arrays: Arrays, name: str) -> int:
    """
    A whole number >= 0.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of a file.
    name : str
        Which one.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ValueError
        If it is negative, has a fraction, is infinite or no number.
    """
    array = arrays[name]
    if not np.isfinite(array) or array < 0 or array != np.floor(array):
        raise ValueError(f"{name}: expected a whole number >= 0, got {float(array):g}")
    return int(array)
