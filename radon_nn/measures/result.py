"""The result of an R-TV: its value, bounds or error, the verdict finite or infinite, and how it was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.wording import counted, listed

Verdict = Literal["finite", "infinite", "unresolved"]
Standing = Literal["exact", "certified", "estimated", "statistical", "upper bound", "unknown"]

HARDLY_FINITE = 0.3
"""An estimate with a relative error as large as this is called unresolved, not finite, by routes that could mistake
growth without bound for slow convergence."""


@dataclass(frozen=True)
class Refinement:
    """
    The values along a refinement, for plots and for the law of growth.

    Parameters
    ----------
    name : str
        What was refined, with its unit: 'samples', 'scale h'.
    at : tuple of float
        The quantity of that name at each step, in the order of refinement.
    value : tuple of float
        The value at each step.
    lower, upper : tuple of float
        Bounds at each step; equal to the values where there are none.
    """

    name: str
    at: tuple[float, ...]
    value: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.at)

    def __repr__(self) -> str:
        last = f", from {self.value[0]:.6g} to {self.value[-1]:.6g}" if self.value else ""
        return notebooks.one_line(f"<Refinement: {counted(len(self), 'step')} by {self.name}{last}>")

    def to_table(self) -> dict[str, NDArray[np.generic]]:
        """
        The refinement as a table: a row for each step.

        Returns
        -------
        dict of str to ndarray
            Columns of equal length, as pandas.DataFrame and polars.DataFrame take them: the quantity of that name,
            value, lower, upper.
        """
        columns = {self.name: self.at, "value": self.value, "lower": self.lower, "upper": self.upper}
        return {name: np.array(column, np.float64) for name, column in columns.items()}

    def _repr_html_(self) -> str:
        return notebooks.html(repr(self), self.to_table(), None)


@public
@dataclass(frozen=True, repr=False)
class RTV:
    """
    An R-TV with its provenance; `float(result)` is its value, which `round(result, 3)` and f"{result:.4f}" take too.

    Parameters
    ----------
    value : float
        The R-TV, in units of f per unit of x; infinite if the verdict is.
    lower : float
        A lower bound; equal to the value where it is exact.
    upper : float
        An upper bound, likewise.
    method : str
        How it was found.
    assumed : str
        The domain that the result is for.
    standing : {'exact', 'certified', 'estimated', 'statistical', 'upper bound', 'unknown'}
        What the bounds are worth; see Notes. Bounds of 0 and infinity say nothing, whatever computed them: unless the
        verdict is infinite, the standing is then 'unknown', and with other bounds it is not.
    verdict : {'finite', 'infinite', 'unresolved'}
        Whether the R-TV is finite or grows without bound under refinement; unresolved if the work allowed did not tell.
    law : str
        How the value grows or settles under refinement, as fitted; empty if nothing was fitted.
    refinement : Refinement, optional
        The values along the refinement.
    converged : bool
        Whether the tolerance asked for was met.
    supposed : tuple of str
        What the result takes for granted about f, each as a clause: 'f is a ridge'.
    quantity : str
        What the number is, if not the R-TV of f: the least R-TV of any function through samples.

    See Also
    --------
    radon_nn.rtv : What returns it.

    Notes
    -----
    What the words of its text mean; `docs/words.md` has an example of each.

    exact
        From a formula in the weights or a closed form; right to rounding.
    certified
        Both bounds are theorems for what the text says it assumed.
    estimated
        The value after refinement. A feature that no sample met is in neither the value nor the error.
    statistical
        A mean over random directions; the error is two standard errors.
    upper bound ("at most")
        A sum over neurons whose densities may cancel on the domain. `route='densities'` tells how much does.
    unresolved
        The work allowed did not tell whether the R-TV is finite; `lower` is what is known (0, with standing 'unknown',
        if nothing). For a callable, more time (`seconds=`), a looser tolerance (`tol=`), a smaller domain or another
        `route=` may help. For a deep network with smooth activations nothing does: use its `layer_rtvs()`.
    infinite
        No number bounds the R-TV: a theorem for networks and closed forms; for callables a conclusion from a law of
        growth, or from kinks on random lines.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork, rtv
    >>> result = rtv(ShallowNetwork([[3.0, 4.0]], [1.0], [2.0]))
    >>> float(result), result.standing, result.verdict
    (10.0, 'exact', 'finite')
    >>> f"{result:.2f}", round(result, 3)
    ('10.00', 10.0)
    """

    value: float
    lower: float
    upper: float
    method: str
    assumed: str
    standing: Standing = "exact"
    verdict: Verdict = "finite"
    law: str = ""
    refinement: Refinement | None = field(default=None, compare=False)
    converged: bool = True
    supposed: tuple[str, ...] = ()
    quantity: str = "R-TV"

    def __post_init__(self) -> None:
        nothing = self.lower <= 0 and math.isinf(self.upper) and self.verdict != "infinite"
        if nothing or self.standing == "unknown":
            object.__setattr__(self, "standing", "unknown" if nothing else "estimated")
        if self.verdict == "unresolved":
            object.__setattr__(self, "converged", False)

    @property
    def error(self) -> float:
        """The larger distance from the value to a bound."""
        return 0.0 if math.isinf(self.value) else max(self.value - self.lower, self.upper - self.value)

    @property
    def conditions(self) -> str:
        """The domain, and what is taken for granted about f, in words."""
        clauses = listed([f"that {clause}" for clause in self.supposed])
        return f"{self.assumed}, assuming {clauses}" if clauses else self.assumed

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)

    @overload
    def __round__(self) -> int: ...

    @overload
    def __round__(self, ndigits: int) -> float: ...

    def __round__(self, ndigits: int | None = None) -> float:
        return round(self.value, ndigits) if ndigits is not None else round(self.value)

    def __repr__(self) -> str:
        return notebooks.one_line(str(self))

    def _repr_html_(self) -> str:
        return notebooks.html(str(self), {}, self._repr_png_(), help_of="radon_nn.RTV")

    def _repr_png_(self) -> bytes | None:
        return notebooks.picture(self)

    def __str__(self) -> str:
        if self.verdict == "infinite":
            number = f"{self.quantity} infinite"
        elif self.standing == "unknown":
            number = f"{self.quantity} unknown"
        elif self.standing == "exact":
            number = f"{self.quantity} {self.value:.10g}"
        elif self.standing == "upper bound":
            least = f", at least {self.lower:.7g}" if self.lower > 0 else ""
            number = f"{self.quantity} at most {self.upper:.7g}{least}"
        elif math.isinf(self.upper):
            number = f"{self.quantity} at least {self.lower:.7g}"
        elif self.standing == "certified":
            number = f"{self.quantity} between {self.lower:.7g} and {self.upper:.7g}"
        else:
            digits = (
                max(1, math.ceil(math.log10(abs(self.value) / self.error)) + 2) if self.error and self.value else 10
            )
            number = f"{self.quantity} {self.value:.{min(digits, 15)}g} +- {self.error:.2g} ({self.standing} error)"
        short = "" if self.converged else "; the tolerance was not met"
        unsure = ""
        if self.verdict == "unresolved":
            unsure = "; whether it is finite could not be resolved: help(radon_nn.RTV) says what may help"
        law = f"; {self.law}" if self.law else ""
        return f"{number} on {self.conditions}: {self.method}{law}{unsure}{short}"
