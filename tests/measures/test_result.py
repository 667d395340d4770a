"""Results and their standing: 'unknown' exactly where the bounds say nothing, whatever computed them."""

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import RTV, Ball, Box, DeepNetwork, Grid, ShallowNetwork, rtv
from radon_nn.measures.result import Standing, Verdict

Floats = NDArray[np.float64]
TYPES = Path(__file__).parents[2] / "docs" / "api" / "types.rst"


def says_what_is_known(result: RTV) -> bool:
    """Whether the standing is 'unknown' iff the bounds say nothing, and the text says so."""
    nothing = result.lower == 0 and math.isinf(result.upper) and result.verdict != "infinite"
    return (result.standing == "unknown") == nothing == str(result).startswith("R-TV unknown")


@pytest.mark.parametrize("verdict", get_args(Verdict))
@pytest.mark.parametrize("standing", get_args(Standing))
def test_a_standing_agrees_with_the_bounds(standing: Standing, verdict: Verdict) -> None:
    bounds = [(lower, upper) for lower in (0.0, 1.0, 3.0) for upper in (1.0, 3.0, math.inf) if lower <= upper]
    results = [RTV(max(low, 1.0), low, high, "", "", standing, verdict) for low, high in bounds]
    assert all(map(says_what_is_known, results))
    for a, b in itertools.product(results, results):
        assert says_what_is_known(replace(a, lower=b.lower, upper=b.upper))


def tanh_layers() -> DeepNetwork:
    first = ShallowNetwork([[1.0, 0.5]], [0.2], [[1.0], [2.0]], activation="tanh")
    return DeepNetwork([first, ShallowNetwork([[1.0, -1.0]], [0.1], [1.0], activation="tanh")])


def root(x: Floats) -> Floats:
    """A root at 0, which decays."""
    return np.abs(x[:, 0]) ** 0.5 * np.exp(-(x[:, 0] ** 2))


DISC, GRID = Ball(1.0, [0.0, 0.0]), Grid.cube(16, 2, radius=4.0)
UNRESOLVED: dict[str, Callable[[], RTV]] = {
    "steps that may cancel": lambda: rtv(ShallowNetwork(np.diag([1, -1]), [0, 0], [1, 1], activation="step")),
    "one step": lambda: rtv(ShallowNetwork([[1, 0], [-1, 0]], [0, 0], [1, 1], activation="step")),
    "solids that may cancel": lambda: rtv(Box([0.0], [1.0]) - Box([0.0], [1.0])),
    "deep": lambda: rtv(tanh_layers()),
    "line": lambda: rtv(root, dim=1),
    "interval": lambda: rtv(root, domain=Ball(1.0, [0.3])),
    "grid": lambda: rtv(GRID.sample(lambda x: np.exp(-3 * np.linalg.norm(x, axis=1))), grid=GRID),
    "grid on a disc": lambda: rtv(GRID.sample(root), grid=GRID, domain=DISC),
    "sampling": lambda: rtv(lambda x: np.abs(x[:, 0] - x[:, 1] ** 2), domain=DISC, route="sampling", seconds=0.2),
}


@pytest.mark.parametrize("name", UNRESOLVED)
def test_results_of_all_routes_say_what_is_known(name: str) -> None:
    assert says_what_is_known(UNRESOLVED[name]())


def test_steps_that_may_cancel_are_unknown() -> None:
    assert str(UNRESOLVED["one step"]()).startswith("R-TV unknown")
    assert UNRESOLVED["one step"]().standing == "unknown"


def test_the_page_of_types_lists_every_standing_and_verdict() -> None:
    text = TYPES.read_text(encoding="utf-8")
    for name, literal in {"Standing": Standing, "Verdict": Verdict}.items():
        listed = re.search(rf"py:type:: {name}\n\s+:canonical: Literal\[(.*)\]", text)
        assert listed is not None
        assert re.findall(r'"([^"]+)"', listed[1]) == list(get_args(literal))


def test_what_is_unresolved_has_not_converged() -> None:
    assert not RTV(1.0, 0.5, math.inf, "a method", "R", "certified", "unresolved", converged=True).converged


@pytest.mark.parametrize("value", [0.0, 2.0 / 3, 1e6 + 1 / 7, -0.0])
@pytest.mark.parametrize("spec", [".4f", "10.3g", ".2e", "+"])
def test_a_format_and_a_rounding_are_those_of_the_value(value: float, spec: str) -> None:
    result = RTV(value, value, value, "a method", "R^2")
    assert format(result, spec) == format(value, spec)
    assert f"{result}" == str(result)
    assert round(result) == round(value)
    assert isinstance(round(result), int)
    assert round(result, 3) == round(value, 3)
    with pytest.raises(ValueError, match="format"):
        format(result, "nonsense")


@pytest.mark.parametrize("count", range(4))
def test_what_is_taken_for_granted_is_said_after_the_domain(count: int) -> None:
    clauses = ("f is radial", "f has no kinks", "f's values have errors of about 1")[:count]
    result = RTV(1.0, 1.0, 1.0, "a method", "R^2", supposed=clauses)
    said = ["", *(f"that {clause}" for clause in clauses)]
    assert str(result).count("assuming") == (count > 0)
    assert all(part in result.conditions for part in said)
    assert str(result) == f"R-TV 1 on {result.conditions}: a method"


@pytest.mark.full
def test_one_certified_number_at_most_is_printed() -> None:
    for f in (lambda x: np.sin(5 * x[:, 0]), lambda x: np.linalg.norm(x, axis=1) ** 1.5, lambda x: x[:, 0] * x[:, 1]):
        assert str(rtv(f, domain=DISC)).count("certified") <= 1


def test_an_absolute_value_on_the_line_says_nothing_of_single_points() -> None:
    said = str(rtv(lambda x: np.abs(x[:, 0]), dim=1))
    assert "narrower than" not in said
    assert "1 points" not in said
