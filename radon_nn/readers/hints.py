"""What a caller says of arrays by name, where the arrays do not say it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from radon_nn._support import checks

LAYOUTS = ("out_in", "in_out")
"""Matrices with one row per output (PyTorch, Equinox), or with one column (Keras, Flax, scikit-learn)."""


@dataclass(frozen=True)
class Hints:
    """
    What arrays by name do not say.

    Parameters
    ----------
    activation : str or sequence of str, optional
        The activation between layers, or one for each hidden layer.
    layout : {'out_in', 'in_out'}, optional
        Whether matrices have one row per output, or one column.
    layers : sequence of str, optional
        The layers' names, first to last.
    prefix : str or sequence of str, optional
        How the names of one network's arrays begin, or of several parts in the order of computation.
    output : str, optional
        The output to read, of a file that names several.
    """

    activation: str | Sequence[str] | None = None
    layout: str | None = None
    layers: Sequence[str] | None = None
    prefix: str | Sequence[str] | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        _require_names(self.activation)
        if self.layout is not None:
            checks.one_of(self.layout, "layout", LAYOUTS)
        if isinstance(self.layers, str):
            raise TypeError(f"layers: expected a list of names, got the text {self.layers!r}")
        prefixes: tuple[object, ...] = self.prefixes
        if any(not isinstance(prefix, str) or not prefix for prefix in prefixes):
            raise ValueError(f"prefix: expected the beginning of names, or a list of them, got {self.prefix!r}")

    @classmethod
    def of(
        cls,
        activation: str | Sequence[str] | None,
        layout: str | None,
        layers: Sequence[str] | None,
        order: Sequence[str] | None,
        prefix: str | Sequence[str] | None,
    ) -> Hints:
        """The options of `from_model` and `load`, in which `order` is the older name of `layers`."""
        if layers is not None and order is not None:
            raise ValueError("layers: expected layers or its older name order, got both; leave out order")
        return cls(activation, layout, order if layers is None else layers, prefix)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes, in order."""
        if self.prefix is None:
            return ()
        return (self.prefix,) if isinstance(self.prefix, str) else tuple(self.prefix)

    def first_given(self) -> tuple[str, object] | None:
        """
        A hint that is given, to be refused where the source says everything itself.

        Returns
        -------
        tuple of str and object, optional
            Its name and what it is; None if no hint is given.
        """
        return next(((f.name, getattr(self, f.name)) for f in fields(self) if getattr(self, f.name) is not None), None)


def _require_names(activation: object) -> None:
    """Refuse activations as objects or classes of a framework: arrays need their names."""
    if activation is None or isinstance(activation, str):
        return
    each = list(activation) if isinstance(activation, Sequence) else [activation]
    other = next((part for part in each if not isinstance(part, str)), None)
    if other is not None:
        name = other.__name__ if isinstance(other, type) or (callable(other) and hasattr(other, "__name__")) else ""
        name = name or type(other).__name__
        raise TypeError(
            f"activation: expected a name, or a list of names, got the object {name}; write activation={name.lower()!r}"
        )
