"""Names of inputs and outputs, and units of inputs, on their way from a model or a file to tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.geometry import hyperplanes
from radon_nn.geometry.points import norms

_MAIN = 4
"""Features of a direction that a line of text names: as many as one reads at a glance."""


def _distinct(names: Sequence[str] | None, what: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    if isinstance(names, str):
        raise TypeError(f"{what}: expected a list of names, got the text {names!r}; write [{names!r}]")
    words = tuple(map(str, names))
    twice = {word for word in words if words.count(word) > 1}
    if twice:
        raise ValueError(f"{what}: expected names that differ, got {sorted(twice)[0]!r} more than once; rename one")
    return words


@public
@dataclass(frozen=True, eq=False)
class Names:
    """
    What the inputs and outputs of a function are called, and in which units its inputs were standardised.

    Parameters
    ----------
    features : sequence of str, optional
        A name for each input.
    outputs : sequence of str, optional
        A name for each output.
    means, deviations : array_like, shape (d,), optional
        Of a scaler that was folded into the function: it was trained on (x - means) / deviations.

    Raises
    ------
    ValueError
        If names repeat, or means and deviations are not both given and as many as the features.

    See Also
    --------
    radon_nn.from_model : Takes names along from models.

    Examples
    --------
    >>> Names(["age", "height"], ["weight"]).feature_labels(2)
    ('age', 'height')
    """

    features: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    means: Floats | None = None
    deviations: Floats | None = None

    def __init__(
        self,
        features: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
        means: ArrayLike | None = None,
        deviations: ArrayLike | None = None,
    ) -> None:
        object.__setattr__(self, "features", _distinct(features, "features"))
        object.__setattr__(self, "outputs", _distinct(outputs, "outputs"))
        if (means is None) != (deviations is None):
            raise ValueError("names: expected means and deviations together, got one of the two")
        middle = None if means is None else checks.frozen(checks.shaped_array(means, "means", ("d",)))
        spread = None
        if deviations is not None and middle is not None:
            spread = checks.frozen(checks.shaped_array(deviations, "deviations", (len(middle),)))
            if np.any(spread <= 0):
                raise ValueError(f"deviations: expected positive numbers, got {float(spread.min()):g}")
            if self.features is not None and len(self.features) != len(middle):
                raise ValueError(f"means: expected {len(self.features)}, one a feature, got {len(middle)}")
        object.__setattr__(self, "means", middle)
        object.__setattr__(self, "deviations", spread)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and all(
            np.array_equal(np.asarray(mine, object), np.asarray(theirs, object))
            for mine, theirs in zip(self._fields(), other._fields(), strict=True)
        )

    def __hash__(self) -> int:
        return hash((self.features, self.outputs))

    def __bool__(self) -> bool:
        return any(part is not None for part in self._fields())

    def __repr__(self) -> str:
        counts = [
            f"{len(part)} {what}"
            for part, what in zip(self._fields(), ("features", "outputs", "means", "deviations"), strict=True)
            if part is not None
        ]
        return f"<Names of {', '.join(counts) or 'nothing'}>"

    def _fields(self) -> tuple[tuple[str, ...] | Floats | None, ...]:
        return self.features, self.outputs, self.means, self.deviations

    @staticmethod
    def of(names: object) -> Names:
        """
        Names as the user gave them.

        Parameters
        ----------
        names : Names, optional
            Perhaps something else.

        Returns
        -------
        Names
            The same; no names for None.

        Raises
        ------
        TypeError
            If it is anything else.
        """
        if names is None:
            return NO_NAMES
        if not isinstance(names, Names):
            shown = repr([names] if isinstance(names, str) else names)
            raise TypeError(f"names: expected Names, got {names!r}; write Names({shown}) for names of inputs")
        return names

    def checked(self, dim: int, outputs: int) -> Names:
        """
        These names, for a function of so many inputs and outputs.

        Parameters
        ----------
        dim : int
            Number of inputs.
        outputs : int
            Number of outputs.

        Returns
        -------
        Names
            The same.

        Raises
        ------
        ValueError
            If there are more names or fewer.
        """
        for part, what, count in ((self.features, "feature", dim), (self.outputs, "output", outputs)):
            if part is not None and len(part) != count:
                raise ValueError(f"{what} names: expected {count}, one for each, got {len(part)}")
        if self.means is not None and len(self.means) != dim:
            raise ValueError(f"means: expected {dim}, one for each input, got {len(self.means)}")
        return self

    def feature_labels(self, dim: int) -> tuple[str, ...]:
        """Names of the inputs; their numbers from 0 where there are none."""
        return tuple(map(str, range(dim))) if self.features is None else self.features

    def output_labels(self, outputs: int) -> tuple[str, ...]:
        """Names of the outputs; their numbers from 0 where there are none."""
        return tuple(map(str, range(outputs))) if self.outputs is None else self.outputs

    def output(self, index: int) -> Names:
        """The names of a function that is one output of this one."""
        outputs = None if self.outputs is None else [self.outputs[index]]
        return Names(self.features, outputs, self.means, self.deviations)

    def standardised(self, directions: Floats, offsets: Floats, masses: Floats) -> tuple[Floats, Floats, Floats] | None:
        """
        Spikes of the function of z = (x - means) / deviations.

        Parameters
        ----------
        directions : ndarray, shape (s, d)
            Unit normals.
        offsets : ndarray, shape (s,)
            Offsets.
        masses : ndarray, shape (s, o)
            Masses.

        Returns
        -------
        tuple of ndarray, optional
            The same of the spikes in z; None if there are no means and deviations.
        """
        if self.means is None or self.deviations is None:
            return None
        weights = directions * self.deviations
        lengths = norms(weights)
        return weights / lengths[:, None], (offsets - directions @ self.means) / lengths, masses * lengths[:, None]

    def main_features(self, direction: Floats) -> str:
        """
        The features that a direction uses most, in words.

        Parameters
        ----------
        direction : ndarray, shape (d,)
            A normal; in units of the deviations if there are any.

        Returns
        -------
        str
            Such as '+0.80 age -0.60 bmi', the largest components first; '...' stands for smaller ones.
        """
        weights = direction if self.deviations is None else direction * self.deviations
        weights = weights / max(float(np.linalg.norm(weights)), 1e-300)
        order = np.argsort(-np.abs(weights), kind="stable")
        labels = self.feature_labels(len(direction))
        said = [f"{weights[k]:+.2f} {labels[k]}" for k in order[:_MAIN] if abs(weights[k]) >= 0.005]
        return " ".join(said) + (" ..." if np.any(np.abs(weights[order[_MAIN:]]) >= 0.005) else "")


def names_of_data(points: object, values: object = None) -> Names:
    """
    The names of data frames: of the columns of points, and of a series of values.

    Parameters
    ----------
    points, values : object
        What the user gave; anything without columns has no names.

    Returns
    -------
    Names
        What is known.
    """
    columns, target = getattr(points, "columns", None), getattr(values, "name", None)
    features = None if columns is None or callable(columns) else [str(name) for name in columns]
    if features is not None and len(set(features)) < len(features):
        features = None
    return Names(features, [target] if isinstance(target, str) and target else None)


NO_NAMES = Names()
"""Neither names nor units are known."""

Table = dict[str, NDArray[np.generic]]
"""Columns of equal length by name, as pandas.DataFrame and polars.DataFrame take them."""


def spike_columns(directions: Floats, offsets: Floats, masses: Floats, names: Names) -> Table:
    """
    Spikes as a table: a row each.

    Parameters
    ----------
    directions : ndarray, shape (s, d)
        Unit normals.
    offsets : ndarray, shape (s,)
        Offsets.
    masses : ndarray, shape (s, o)
        Masses.
    names : Names
        Names of the features and outputs.

    Returns
    -------
    dict of str to ndarray, shape (s,)
        The columns mass (or mass_OUTPUT for each, and size, their 2-norm), offset, angle where d = 2, direction_FEATURE
        for each; the same after standardised_ where means and deviations are known.
    """
    table = _columns_of(directions, offsets, masses, names)
    other = names.standardised(directions, offsets, masses)
    if other is not None:
        table |= {f"standardised_{name}": column for name, column in _columns_of(*other, names).items()}
    return table


def _columns_of(directions: Floats, offsets: Floats, masses: Floats, names: Names) -> Table:
    dim, outputs = directions.shape[1], masses.shape[1]
    if outputs == 1:
        table: Table = {"mass": masses[:, 0]}
    else:
        table = columns("mass", masses, names.output_labels(outputs)) | {"size": norms(masses)}
    table["offset"] = offsets
    return table | direction_columns(directions, names.feature_labels(dim))


def direction_columns(directions: Floats, labels: Sequence[str]) -> Table:
    """
    Directions as columns of a table.

    Parameters
    ----------
    directions : ndarray, shape (m, d)
        Unit normals.
    labels : sequence of str
        Names of the d coordinates.

    Returns
    -------
    dict of str to ndarray, shape (m,)
        The angle in radians where d = 2, then direction_LABEL for each coordinate.
    """
    angle: Mapping[str, NDArray[np.generic]] = (
        {"angle": hyperplanes.angles(directions)} if directions.shape[1] == 2 else {}
    )
    return {**angle, **columns("direction", directions, labels)}


def columns(prefix: str, rows: NDArray[np.generic], labels: Sequence[str]) -> Table:
    """
    The columns of a matrix by name.

    Parameters
    ----------
    prefix : str
        What their names begin with.
    rows : ndarray, shape (m, k)
        The matrix.
    labels : sequence of str
        What their names end with, k of them.

    Returns
    -------
    dict of str to ndarray, shape (m,)
        The columns, each contiguous.
    """
    return {f"{prefix}_{label}": np.ascontiguousarray(rows[:, k]) for k, label in enumerate(labels)}
