"""Requests of the page, checked and bounded: JSON in, frozen dataclasses out, and errors in words."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from radon_nn._support.types import Floats

MOST_BYTES = 65_536
"""A request of 200 data and 100 neurons takes 20 kB with all digits."""
MOST_POINTS = 200
"""Up to here an answer takes below a second without a warm start: 0.3 s for 200 points at decay 0.01, on two cores."""
MOST_NEURONS = 100
MOST_INPUTS = 1000
"""Inputs of a network in a file whose slices are drawn; the centre of a slice must fit into `MOST_BYTES`."""
ACTIVATIONS = ("relu", "leaky_relu 0.2", "abs", "tanh", "sigmoid", "softplus", "silu", "gelu_tanh")
"""The page has a formula for each."""
KINDS = ("sinogram", "filtered")
_LARGEST_ID = 2**53
"""Numbers of JavaScript are whole up to here."""


@dataclass(frozen=True)
class Data:
    """
    Data in the square [-1, 1]^2, and the decay.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Where they lie.
    values : ndarray, shape (n,)
        Their values.
    decay : float
        The weight decay.
    """

    points: Floats
    values: Floats
    decay: float


@dataclass(frozen=True)
class Drawn:
    """
    A network drawn by hand: f(x) = sum_k m_k s(g (a_k.x - t_k)) / g + skip.x + constant.

    Parameters
    ----------
    angles, offsets, masses : ndarray, shape (k,)
        Angles of the normals a_k in radians, offsets t_k, masses m_k.
    activation : str
        The activation s.
    steepness : float
        The gain g, which matters where s is not homogeneous.
    skip : ndarray, shape (2,)
        The linear part.
    constant : float
        The constant part.
    """

    angles: Floats
    offsets: Floats
    masses: Floats
    activation: str
    steepness: float
    skip: Floats
    constant: float


@dataclass(frozen=True)
class Slice:
    """
    A plane through the input space of the network that the server was given.

    Parameters
    ----------
    axes : tuple of int
        Which two inputs vary.
    center : ndarray, shape (d,) or (0,)
        The inputs in the middle of the picture; all zero if empty.
    radius : float
        How far the two inputs go to each side.
    """

    axes: tuple[int, int]
    center: Floats
    radius: float


@dataclass(frozen=True)
class Request:
    """
    A request that was understood.

    Parameters
    ----------
    type : str
        'hello', 'fit', 'path', 'network', 'background' or 'slice'.
    id : int
        The page's number for it, which the answer repeats.
    data : Data, optional
        Of 'fit' and 'path', and of 'network' if there are data to compare with.
    drawn : Drawn, optional
        Of 'network' and 'background'.
    kind : str
        Of 'background': 'sinogram' or 'filtered'.
    slice : Slice, optional
        Of 'slice'.
    """

    type: str
    id: int
    data: Data | None = None
    drawn: Drawn | None = None
    kind: str = ""
    slice: Slice | None = None


def parsed(text: str | bytes) -> Request:
    """
    Read a request.

    Parameters
    ----------
    text : str or bytes
        JSON.

    Returns
    -------
    Request
        Checked: all numbers finite and in range, all lists bounded.

    Raises
    ------
    ValueError
        If the text is no such request; says what was expected and what came.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"request: expected at most {MOST_BYTES} bytes, got {len(text)}; send fewer data")
    try:
        content = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("request: expected lists of numbers, got lists nested too deeply; send data as rows") from None
    except ValueError as error:
        raise ValueError(f"request: expected JSON with finite numbers, got {error}; send a JSON object") from None
    return _request(content)


def asked(content: object) -> Request:
    """
    A request that has already been decoded, as Jupyter gives it.

    Parameters
    ----------
    content : object
        A dictionary.

    Returns
    -------
    Request
        As `parsed` gives it.

    Raises
    ------
    ValueError
        As `parsed` does.
    """
    return _request(content)


def id_of(text: str | bytes) -> int | None:
    """
    The number of a request, as far as it can be told; an error is sent back with it.

    Parameters
    ----------
    text : str or bytes
        A request, which may be anything.

    Returns
    -------
    int, optional
        None if there is none.
    """
    if len(text) > MOST_BYTES:
        return None
    try:
        number = json.loads(text)["id"]
    except (ValueError, RecursionError, KeyError, TypeError, IndexError):
        return None
    return number if type(number) is int and 0 <= number <= _LARGEST_ID else None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"the number {name}")


TYPES = {
    "hello": frozenset[str](),
    "fit": frozenset({"data", "decay"}),
    "path": frozenset({"data", "decay"}),
    "network": frozenset({"data", "decay", "drawn"}),
    "background": frozenset({"kind", "drawn"}),
    "slice": frozenset({"axes", "center", "radius"}),
}
"""The types of requests, and their fields beside type and id."""


def _request(content: object) -> Request:
    if not isinstance(content, dict):
        raise ValueError(f"request: expected an object with type and id, got {_named(content)}; send a JSON object")
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"type: expected one of {', '.join(TYPES)}, got {_named(kind)}; see radon_nn.app.messages")
    number = _whole(content.get("id"), "id", _LARGEST_ID)
    unknown = set(content) - TYPES[kind] - {"type", "id"}
    if unknown:
        raise ValueError(f"{kind}: expected {_listed(TYPES[kind])}, got {_named(min(unknown))}; leave it out")
    if kind == "slice":
        return Request(kind, number, slice=_slice(content))
    data = _data(content) if "data" in TYPES[kind] else None
    drawn = _drawn(content.get("drawn")) if "drawn" in TYPES[kind] else None
    form = ""
    if kind == "background":
        form = content.get("kind", "")
        if not isinstance(form, str) or form not in KINDS:
            raise ValueError(f"kind: expected {' or '.join(KINDS)}, got {_named(form)}; name one of them")
    return Request(kind, number, data, drawn, form)


def _data(content: dict[str, Any]) -> Data:
    rows = _rows(content.get("data"), "data", 3, MOST_POINTS)
    _within(rows[:, :2], "data", 1.0)
    _within(rows[:, 2], "values", 100.0)
    # Far below or above these a fit passes through all data, or is affine, for values up to 100 in the square.
    return Data(rows[:, :2], rows[:, 2], _number(content.get("decay"), "decay", 1e-6, 1e4))


def _drawn(content: object) -> Drawn:
    if not isinstance(content, dict):
        raise ValueError(f"drawn: expected an object with neurons, got {_named(content)}; send a JSON object")
    unknown = set(content) - {"neurons", "activation", "steepness", "skip", "constant"}
    if unknown:
        raise ValueError(f"drawn: expected neurons and affine part, got {_named(min(unknown))}; leave it out")
    neurons = _rows(content.get("neurons"), "neurons", 3, MOST_NEURONS)
    _within(neurons[:, 0], "angles", 100.0)
    _within(neurons[:, 1], "offsets", 10.0)
    _within(neurons[:, 2], "masses", 1e4)
    activation = content.get("activation")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(f"activation: expected one of {', '.join(ACTIVATIONS)}, got {_named(activation)}; name one")
    skip = _vector(content.get("skip"), "skip", 2)
    if len(skip) != 2:
        raise ValueError(f"skip: expected two numbers, got {len(skip)}; send the slope along each axis")
    _within(skip, "skip", 1e4)
    return Drawn(
        neurons[:, 0],
        neurons[:, 1],
        neurons[:, 2],
        activation,
        _number(content.get("steepness"), "steepness", 0.1, 100.0),
        skip,
        _number(content.get("constant"), "constant", -1e4, 1e4),
    )


def _slice(content: dict[str, Any]) -> Slice:
    axes = content.get("axes")
    if not isinstance(axes, list) or len(axes) != 2:
        raise ValueError(f"axes: expected two numbers of inputs, got {_named(axes)}; send a list")
    first, second = (_whole(axis, "axes", MOST_INPUTS - 1) for axis in axes)
    if first == second:
        raise ValueError(f"axes: expected two different inputs, got {first} twice; choose another")
    center = _vector(content.get("center"), "center", MOST_INPUTS)
    _within(center, "center", 1e6)
    return Slice((first, second), center, _number(content.get("radius"), "radius", 1e-6, 1e6))


def _rows(content: object, name: str, width: int, most: int) -> Floats:
    if not isinstance(content, list) or len(content) > most:
        raise ValueError(f"{name}: expected a list of at most {most} rows, got {_named(content)}; send fewer")
    rows = np.empty((len(content), width))
    for k, row in enumerate(content):
        if not isinstance(row, list) or len(row) != width:
            raise ValueError(f"{name}: expected rows of {width} numbers, got {_named(row)}; send {width} numbers a row")
        rows[k] = [_finite(entry, name) for entry in row]
    return rows


def _vector(content: object, name: str, most: int) -> Floats:
    if not isinstance(content, list) or len(content) > most:
        raise ValueError(f"{name}: expected a list of at most {most} numbers, got {_named(content)}; send fewer")
    return np.array([_finite(entry, name) for entry in content], float)


def _finite(content: object, name: str) -> float:
    # bool is an int in Python; whole numbers beyond the floats' range overflow.
    if type(content) is int and abs(content) < _LARGEST_ID:
        return float(content)
    if type(content) is float and math.isfinite(content):
        return content
    raise ValueError(f"{name}: expected finite numbers, got {_named(content)}; write it in digits")


def _number(content: object, name: str, low: float, high: float) -> float:
    number = _finite(content, name)
    if not low <= number <= high:
        raise ValueError(f"{name}: expected {low:g} to {high:g}, got {number:g}; choose a number between")
    return number


def _whole(content: object, name: str, most: int) -> int:
    if type(content) is not int or not 0 <= content <= most:
        raise ValueError(f"{name}: expected a whole number from 0 to {most}, got {_named(content)}; count from 0")
    return content


def _within(numbers: Floats, name: str, most: float) -> None:
    if numbers.size and np.abs(numbers).max() > most:
        raise ValueError(
            f"{name}: expected numbers from {-most:g} to {most:g}, got {np.abs(numbers).max():g}; rescale them"
        )


def _named(content: object) -> str:
    """The start of what came, so that an error does not send back what was sent."""
    text = f"a list of {len(content)}" if isinstance(content, list) else repr(content)[:200]
    return text if len(text) <= 40 else f"{text[:37]}..."


def _listed(names: frozenset[str]) -> str:
    return f"the fields {', '.join(sorted(names))}" if names else "no further field"
