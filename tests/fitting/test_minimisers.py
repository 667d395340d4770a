"""Whether a best network exists: affine functions that escape, by a small linear program, against one over all z."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import linprog

from radon_nn import fit
from radon_nn.fitting import _loss_problem
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting.many_outputs import options_of

Floats = np.ndarray
LOSSES = ["logistic", "cross_entropy", "poisson"]


def data(loss: str, rng: np.random.Generator, count: int, dim: int) -> tuple[Floats, Floats]:
    """Points on a small lattice, and values that an affine function separates now and then."""
    x = rng.integers(-2, 3, (count, dim)).astype(float)
    if loss == "logistic":
        return x, (x @ rng.integers(-1, 2, (dim, 2)) + rng.integers(-1, 2, (count, 2)) > 0).astype(float)
    if loss == "poisson":
        return x, rng.poisson(0.3, (count, 2)) * (x[:, :1] > rng.integers(-3, 2))
    shares = rng.integers(0, 2, (count, 3)) * (x[:, :1] > 0) + np.eye(3)[rng.integers(0, 2, count)]
    return x, shares / shares.sum(axis=1, keepdims=True)


def inner_distance(problem: LossProblem) -> float:
    """How far from the ends of the domain some z can be that is orthogonal to affine functions, up to 1."""
    loss, design = problem.options.loss, problem.design
    low, high = loss.domain(problem.targets)
    n, outputs = low.shape
    moments = [np.concatenate([np.kron(design.T, np.eye(outputs)), np.zeros((design.shape[1] * outputs, 1))], axis=1)]
    if loss.balanced:
        moments.append(np.concatenate([np.kron(np.eye(n), np.ones((1, outputs))), np.zeros((n, 1))], axis=1))
    equal = np.concatenate(moments)
    entries = np.eye(n * outputs)
    sides = [
        (np.append(sign * entries[k], 1.0), sign * end)
        for sign, ends in ((-1.0, low), (1.0, high))
        for k, end in enumerate(ends.reshape(-1))
        if np.isfinite(end) and low.reshape(-1)[k] < high.reshape(-1)[k]
    ]
    limits = [(a, b) for a, b in zip(np.append(low, -np.inf), np.append(high, 1.0), strict=True)]
    goal = np.append(np.zeros(n * outputs), -1.0)
    above, most = (np.array(part) for part in zip(*sides, strict=True))
    solved = linprog(goal, A_ub=above, b_ub=most, A_eq=equal, b_eq=np.zeros(len(equal)), bounds=limits)
    return float(solved.x[-1])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("affine", [True, "constant"])
def test_a_minimiser_exists_where_some_z_inside_the_domain_has_no_moments(loss: str, affine: bool | str) -> None:
    rng, seen = np.random.default_rng(0), set()
    for _ in range(40):
        count, dim = int(rng.integers(4, 14)), int(rng.integers(1, 4))
        x, y = data(loss, rng, count, dim)
        problem = LossProblem.of(x, y, rng.uniform(0.1, 2, count), options_of(x, loss, affine, 0.0, None))
        exists = inner_distance(problem) > 1e-9
        assert problem.has_minimiser() == exists
        seen.add(exists)
    assert seen == {True, False}


def test_the_program_has_a_variable_for_each_coefficient_and_not_for_each_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng, sizes = np.random.default_rng(0), []

    def sized(goal: Floats, **given: object) -> object:
        sizes.append(len(goal))
        return linprog(goal, **given)

    monkeypatch.setattr(_loss_problem, "linprog", sized)
    x = rng.standard_normal((4000, 2))
    for noise in (0.0, 1.0):
        y = (x[:, 0] + noise * rng.standard_normal(4000) > 0).astype(float)
        problem = LossProblem.of(x, y, None, options_of(x, "logistic", True, 0.0, None))
        assert problem.has_minimiser() == bool(noise)
    assert sizes == [3, 3]


def test_a_program_without_an_answer_is_no_proof_that_there_is_no_minimiser(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def gives_up(*given: object, options: dict[str, float], **rest: object) -> SimpleNamespace:
        asked.append(options["time_limit"])
        return SimpleNamespace(status=1, x=None, fun=None)

    monkeypatch.setattr(_loss_problem, "linprog", gives_up)
    x = np.linspace(-1, 1, 12)
    result = fit(x, np.arange(12) % 3 == 0, decay=0.1, loss="logistic", seconds=50.0)
    assert result.converged
    assert 49 < asked[0] <= 50
