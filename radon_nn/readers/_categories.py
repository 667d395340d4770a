"""Encoders of categories in front of a scikit-learn model: what they give are inputs of the network, by name."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats

_PASSED = ("SimpleImputer",)
_UNKNOWN = "expected one-hot encoders at the front of the pipeline, got one after other steps"


@dataclass(frozen=True)
class Encoded:
    """
    An encoder, fitted to some columns of the data.

    Parameters
    ----------
    transformer : estimator
        The encoder, or a pipeline that ends with it.
    columns : tuple of int
        The columns it takes.
    names : tuple of str
        The indicators that it gives.
    categories : list of ndarray
        The categories of each column.
    """

    transformer: Any
    columns: tuple[int, ...]
    names: tuple[str, ...]
    categories: list[NDArray[Any]]


class Front:
    """
    The inputs of the network of a scikit-learn model: columns of the data, categories replaced by their indicators.

    Parameters
    ----------
    model : estimator
        A fitted estimator or pipeline.

    Raises
    ------
    ValueError
        If a column is both encoded and used as a number.
    """

    def __init__(self, model: Any) -> None:
        self.width = fitted_width(model)
        self.columns = [str(n) for n in getattr(model, "feature_names_in_", [f"x{k}" for k in range(self.width)])]
        self.framed = hasattr(model, "feature_names_in_")
        self.encoders: list[Encoded] = []
        plain: set[int] = set()
        for transformer, columns in _branches(_first_step(model), self.width):
            encoder = _encoder_of(transformer)
            if encoder is None:
                plain |= set(columns)
                continue
            given = [self.columns[k] for k in columns]
            names = tuple(str(name) for name in encoder.get_feature_names_out(given))
            self.encoders.append(Encoded(transformer, tuple(columns), names, list(encoder.categories_)))
        taken = [column for encoded in self.encoders for column in encoded.columns]
        twice = sorted((plain & set(taken)) | {column for column in taken if taken.count(column) > 1})
        if twice:
            raise ValueError(
                f"one-hot: expected columns that are encoded once and not used otherwise, got "
                f"{', '.join(self.columns[k] for k in twice)}; give the model a copy of the column"
            )
        self.used = plain | set(taken)
        self.names, self.at = self._arranged()

    def _arranged(self) -> tuple[tuple[str, ...], dict[int, list[int]]]:
        """The inputs' names, and where each column, and the indicators of each encoder (by its first), are."""
        names: list[str] = []
        at: dict[int, list[int]] = {}
        begins = {encoded.columns[0]: encoded for encoded in self.encoders}
        others = {column for encoded in self.encoders for column in encoded.columns[1:]}
        for column in range(self.width):
            if column in others:
                continue
            own = begins[column].names if column in begins else (self.columns[column],)
            at[column] = list(range(len(names), len(names) + len(own)))
            names += own
        return tuple(names), at

    def rows(self, data: Any) -> Floats:
        """
        The network's inputs for the model's own.

        Parameters
        ----------
        data : array_like or frame, shape (n, columns)
            As the model takes them.

        Returns
        -------
        ndarray, shape (n, d)
            Numbers and indicators; zero for columns that the model drops.

        Raises
        ------
        ValueError
            If there are more or fewer columns, or one is not of numbers.
        """
        array = np.asarray(data, dtype=object)
        if array.ndim != 2 or array.shape[1] != self.width:
            raise ValueError(f"points: expected shape (n, {self.width}), as the model takes them, got {array.shape}")
        out = np.zeros((len(array), len(self.names)))
        encoded = {encoder.columns[0]: encoder for encoder in self.encoders}
        for column, at in self.at.items():
            if column not in encoded:
                if column in self.used:
                    out[:, at[0]] = array[:, column].astype(np.float64)
                continue
            encoder = encoded[column]
            chosen = _frame(data, encoder.columns)
            found = encoder.transformer.transform(chosen)
            out[:, at] = np.asarray(found.toarray() if hasattr(found, "toarray") else found, np.float64)
        return out

    def data(self, rng: np.random.Generator, numbers: Floats) -> Any:
        """
        The model's own inputs, categories drawn at random.

        Parameters
        ----------
        rng : Generator
            Draws the categories.
        numbers : ndarray, shape (n, columns)
            The values of the other columns.

        Returns
        -------
        ndarray or frame, shape (n, columns)
            As the model was fitted to: a frame if it knows names of columns.
        """
        data = numbers.astype(object) if self.encoders else numbers
        for encoder in self.encoders:
            for column, categories in zip(encoder.columns, encoder.categories, strict=True):
                data[:, column] = categories[rng.integers(len(categories), size=len(data))]
        pandas = sys.modules.get("pandas")
        if not self.framed or pandas is None:
            return data
        return pandas.DataFrame(data, columns=self.columns).infer_objects()


def fitted_width(model: Any) -> int:
    """
    The number of columns that a fitted estimator takes.

    Parameters
    ----------
    model : estimator
        A pipeline knows it from its first step, which may be one that passes anything on.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ValueError
        If the estimator is not fitted.
    """
    inner = [getattr(model, name, None) for name in ("best_estimator_", "regressor_")]
    steps = [step for _, step in getattr(model, "steps", ())]
    for part in (model, *inner, *steps):
        width = None if part is None or isinstance(part, str) else getattr(part, "n_features_in_", None)
        if width is not None:
            return int(width)
        if part is not model and hasattr(part, "steps"):
            return fitted_width(part)
        changes = part in steps and not isinstance(part, str) and getattr(part, "func", "") is not None
        if changes:
            break
    raise ValueError(
        f"{type(model).__name__}: expected a fitted estimator, got one without n_features_in_; call fit first"
    )


def _frame(data: Any, columns: tuple[int, ...]) -> Any:
    """Some columns of an array or a frame."""
    return data.iloc[:, list(columns)] if hasattr(data, "iloc") else np.asarray(data)[:, list(columns)]


def _first_step(model: Any) -> Any:
    """The first step of a pipeline, of what a target's transformation or a search is around."""
    for _ in range(8):
        names = {base.__name__ for base in type(model).__mro__}
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif "TransformedTargetRegressor" in names:
            model = model.regressor_
        elif "Pipeline" in names:
            steps = [step for _, step in model.steps if not (step is None or isinstance(step, str))]
            model = next((step for step in steps if getattr(step, "func", "") is not None), steps[-1])
        else:
            break
    return model


def _branches(first: Any, width: int) -> list[tuple[Any, list[int]]]:
    """Transformers of the first step, and the columns that each takes."""
    if "ColumnTransformer" not in {base.__name__ for base in type(first).__mro__}:
        return [(first, list(range(width)))]
    return [(branch, columns) for _, branch, columns in column_branches(first) if branch is not None]


def column_branches(transformer: Any) -> list[tuple[str, Any, list[int]]]:
    """
    The parts of a ColumnTransformer, in the order of its outputs.

    Parameters
    ----------
    transformer : ColumnTransformer
        Fitted.

    Returns
    -------
    list of tuple of str, estimator and list of int
        The name, the transformer (None for dropped columns, 'passthrough' for those passed on), and the columns.
    """
    columns = transformer._transformer_to_input_indices
    parts = [(name, branch, [int(k) for k in columns[name]]) for name, branch, _ in transformer.transformers_]
    return [(name, None if isinstance(b, str) and b == "drop" else b, at) for name, b, at in parts if at]


def _encoder_of(transformer: Any) -> Any:
    """The one-hot encoder that a transformer is, or that ends it after steps that leave whole data unchanged."""
    names = {base.__name__ for base in type(transformer).__mro__}
    if "OneHotEncoder" in names:
        return transformer
    if "Pipeline" not in names:
        return None
    steps = [step for _, step in transformer.steps if step is not None and not isinstance(step, str)]
    ends = bool(steps) and "OneHotEncoder" in {base.__name__ for base in type(steps[-1]).__mro__}
    if not ends:
        return None
    if any(type(step).__name__ not in _PASSED or not fills_gaps_only(step) for step in steps[:-1]):
        raise ValueError(f"OneHotEncoder: {_UNKNOWN}; encode before the pipeline, or hand over the part after it")
    return steps[-1]


def fills_gaps_only(imputer: Any) -> bool:
    """Whether an imputer leaves complete inputs as they are: what it replaces is not a number or no value."""
    missing = imputer.missing_values
    return missing is None or (isinstance(missing, float) and bool(np.isnan(missing)))
