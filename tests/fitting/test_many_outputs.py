"""Certified fits of any loss and any number of outputs: bounds that nothing beats, options, and data without a best."""

from dataclasses import replace

import numpy as np
import pytest

from networks_by_descent import trained
from radon_nn import LossFit, decay_max, fit, fit_path
from radon_nn.fitting._losses_of_values import Huber, Quantile
from radon_nn.fitting._vector_pursuit import VectorAtoms
from radon_nn.fitting._vector_search import VectorSearch, largest_at_most
from radon_nn.fitting.certificate import HyperplaneSearch
from radon_nn.fitting.losses import loss_named
from radon_nn.fitting.many_outputs import _Path

NAMES = ["squared", "huber", "quantile", "poisson", "logistic", "hinge", "squared_hinge", "cross_entropy"]
Floats = np.ndarray


def free_of_moments(rng: np.random.Generator, x: Floats, outputs: int, *, oriented: bool) -> Floats:
    """Random r orthogonal to constants, and to linear functions unless oriented."""
    columns = np.ones((len(x), 1)) if oriented else np.column_stack([x, np.ones(len(x))])
    basis = np.linalg.qr(columns)[0]
    r = rng.standard_normal((len(x), outputs))
    for _ in range(2):
        r -= basis @ (basis.T @ r)
    return r


@pytest.mark.slow
@pytest.mark.parametrize("oriented", [False, True])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_vector_search_finds_the_maximum(dim: int, outputs: int, oriented: bool) -> None:
    rng = np.random.default_rng(dim + 10 * outputs)
    for lattice in (False, True):
        x = rng.standard_normal((9, dim)) / 3
        x = np.unique(np.round(2 * x) / 2, axis=0) if lattice else x
        r = free_of_moments(rng, x, outputs, oriented=oriented)
        search = VectorSearch(x, oriented=oriented)
        planes = search.strongest(r)
        best = int(np.argmax(planes.strength))
        attained = r.T @ np.maximum(x @ planes.directions[best] - planes.offsets[best], 0)
        assert np.linalg.norm(attained) == pytest.approx(planes.strength[best], rel=1e-12)
        a = rng.standard_normal((3000, dim))
        a /= np.linalg.norm(a, axis=1, keepdims=True)
        heights = a @ x.T
        brute = 0.0
        for i in range(len(x)):
            f = np.maximum(heights - heights[:, [i]], 0) @ r
            brute = max(brute, float(np.linalg.norm(f, axis=1).max()))
        climbed = float(search.ascend(r, a[:50]).strength.max())
        top = float(planes.strength[best])
        # From three dimensions on, boxes are halved until the bound is attained to 1e-10.
        bound = search.bounded(r)[1] if dim >= 2 else top
        assert max(brute, climbed, top) <= bound * (1 + 1e-12)
        assert bound <= top * (1 + 2e-10)
        assert climbed == pytest.approx(top, rel=1e-3)
        assert largest_at_most(x, r) >= top
        if outputs == 1 and not oriented:
            assert HyperplaneSearch(x).strongest(r[:, 0]).strength.max() == pytest.approx(
                top, rel=1e-12 if dim < 3 else 2e-10
            )


def problem(name: str, dim: int, outputs: int, n: int, seed: int) -> tuple[Floats, Floats]:
    """Random data for a loss, noisy enough for a minimiser to exist."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, dim))
    f = np.column_stack([np.sin(3 * x[:, 0] + k) + np.abs(x[:, -1]) for k in range(outputs)])
    if name == "cross_entropy":
        return x, np.eye(outputs)[rng.integers(0, outputs, n)]
    if name == "poisson":
        return x, rng.poisson(np.exp(f / 2)).astype(float)
    if name in ("squared", "huber", "quantile"):
        return x, f + 0.5 * rng.standard_normal(f.shape)
    noisy = f + 3.0 * rng.standard_normal(f.shape)  # Nearly random classes, which no affine function separates.
    return x, (noisy > np.median(noisy, axis=0)).astype(float)


def holds(name: str, dim: int, outputs: int, seed: int, *, n: int, runs: int, affine: bool | str = True) -> None:
    """The bound exceeds no network's objective, and is within the tolerance of the fit's own."""
    outputs = max(outputs, 2) if name == "cross_entropy" else outputs
    x, y = problem(name, dim, outputs, n, seed)
    rng = np.random.default_rng(seed)
    decay = 10 ** rng.uniform(-1.5, 0)
    best = fit(x, y, decay=decay, loss=name, affine=affine, sample_weight=np.ones(n))
    assert isinstance(best, LossFit)
    assert best.certified
    assert best.converged
    assert best.gap <= 1e-4 * abs(best.objective)
    loss = loss_named(name)
    targets = loss.targets(y)
    own = loss.value(best(x).reshape(n, -1), targets).sum() + decay * best.penalty
    assert own == pytest.approx(best.objective, rel=1e-9)
    assert best.network.path_norm == pytest.approx(best.penalty, rel=1e-9)
    assert best.network.neurons <= max(outputs * (n - (dim if affine is True else 0) - 1), 0)
    for _ in range(runs):
        width = int(rng.integers(2, 12))
        other, _ = trained(loss, x, targets, decay, width=width, rng=rng, linear=affine is True)
        assert best.lower <= other * (1 + 1e-12) + 1e-12
        assert best.objective <= other + best.gap + 1e-9


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_no_network_beats_the_bound(name: str) -> None:
    k = NAMES.index(name)
    holds(name, 1 + k % 2, 1 + k % 3, 50 + k, n=14, runs=2)


@pytest.mark.full
def test_no_network_without_a_linear_part_beats_the_bound() -> None:
    holds("squared", 2, 2, 3, n=14, runs=2, affine="constant")


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_no_network_beats_the_bound_in_many_problems(name: str, dim: int) -> None:
    # Losses and dimensions go through one to four outputs, with a linear part and without.
    seed = dim + NAMES.index(name)
    for k in (seed, seed + 1):
        holds(name, dim, 1 + k % 4, 1000 * dim + k, n=20, runs=1, affine=True if k % 4 else "constant")


def test_squares_agree_with_the_fit_of_one_output() -> None:
    x, y = problem("squared", 2, 1, 25, 0)
    whole = fit(x, y[:, 0], decay=0.1, tol=1e-7)
    general = fit(x, y[:, 0], decay=0.1, tol=1e-7, sample_weight=np.ones(25))
    assert general.objective == pytest.approx(whole.objective, rel=3e-7)


def test_weights_are_copies() -> None:
    x, y = problem("logistic", 2, 1, 20, 1)
    w = np.random.default_rng(0).integers(0, 3, 20)
    weighted = fit(x, y[:, 0], decay=0.2, loss="logistic", sample_weight=w)
    copies = fit(np.repeat(x, w, axis=0), np.repeat(y[:, 0], w), decay=0.2, loss="logistic")
    assert weighted.objective == pytest.approx(copies.objective, rel=1e-12)
    np.testing.assert_allclose(weighted(x), copies(x), atol=1e-9)


def test_two_classes_by_softmax_are_the_logistic_ones() -> None:
    """At decay / sqrt 2: the two outputs differ by the logistic's, and each is half of it."""
    x, y = problem("logistic", 2, 1, 25, 2)
    one = fit(x, y[:, 0], decay=0.2 / np.sqrt(2), loss="logistic", tol=1e-6)
    two = fit(x, y[:, 0], decay=0.2, loss="cross_entropy", tol=1e-6)
    assert two.objective == pytest.approx(one.objective, rel=2e-6)
    np.testing.assert_allclose(two.network.readout.sum(axis=0), 0, atol=1e-6)


def test_a_metric_is_a_change_of_units() -> None:
    x, y = problem("huber", 2, 2, 25, 3)
    units = np.array([1000.0, 0.1])
    here = fit(x * units, y, decay=0.2, loss=Huber(0.5), metric=units)
    there = fit(x, y, decay=0.2, loss=Huber(0.5))
    assert here.objective == pytest.approx(there.objective, rel=1e-9)
    weights = np.linalg.norm(here.network.weights * units, axis=1)
    assert here.penalty == pytest.approx(weights @ np.linalg.norm(here.network.readout, axis=0), rel=1e-9)


@pytest.mark.parametrize("name", ["squared", "logistic", "quantile"])
def test_from_decay_max_on_the_fit_is_affine(name: str) -> None:
    x, y = problem(name, 2, 1, 25, 4)
    top = decay_max(x, y[:, 0], loss=name)
    above, below = fit_path(x, y[:, 0], decays=[1.001 * top, 0.9 * top], loss=name, sample_weight=np.ones(25))
    assert above.network.neurons == 0
    assert above.converged
    if loss_named(name).smooth:
        assert below.network.neurons > 0


def test_paths_are_fits() -> None:
    x, y = problem("poisson", 2, 1, 25, 5)
    top = decay_max(x, y, loss="poisson")
    decays = np.geomspace(top, top / 30, 5)
    path = fit_path(x, y, decays=decays.tolist(), loss="poisson")
    alone = fit(x, y, decay=decays[-1], loss="poisson")
    assert all(each.converged for each in path)
    assert path[-1].objective == pytest.approx(alone.objective, rel=2e-4)
    assert np.all(np.diff([each.objective for each in path]) <= 1e-4 * path[0].objective)


SEPARABLE = np.array([[-1.0, 0.3], [-0.5, 1.0], [0.2, -1.0], [1.0, 0.2], [0.7, -0.3]])


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        ("logistic", [0, 0, 1, 1, 1]),
        ("logistic", [1, 1, 1, 1, 1]),
        ("cross_entropy", [0, 0, 1, 1, 2]),
        ("poisson", [0, 0, 0, 0, 0]),
    ],
)
def test_where_the_affine_part_escapes_there_is_no_best_network(loss: str, values: list[int]) -> None:
    with pytest.raises(ValueError, match="no network is best; give affine_decay"):
        fit(SEPARABLE, values, decay=0.1, loss=loss)
    bounded = fit(SEPARABLE, values, decay=0.1, loss=loss, affine_decay=1e-4)
    assert bounded.converged
    assert bounded.lower <= bounded.objective


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_margins_of_separable_classes_cost_nothing(loss: str) -> None:
    best = fit(SEPARABLE, [0, 0, 1, 1, 1], decay=0.1, loss=loss)
    assert best.objective == pytest.approx(0, abs=1e-6)
    assert best.lower <= best.objective


def test_degenerate_data() -> None:
    line = np.outer(np.linspace(-1, 1, 8), [1.0, 2.0, -1.0]) + np.array([3.0, 0.0, 1.0])
    along = np.linspace(-1, 1, 8) * np.sqrt(6)
    y = np.abs(along)[:, None] * [1.0, -1.0]
    inside, alone = fit(line, y, decay=0.1), fit(along, y, decay=0.1)
    assert inside.objective == pytest.approx(alone.objective, rel=1e-6)
    one = fit([[1.0, 2.0]], [[3.0, 4.0]], decay=0.1)
    assert one.objective == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(one([5.0, 5.0]), [3.0, 4.0])
    few = fit([[0.0, 0.0], [1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]], decay=0.1)
    assert few.objective == pytest.approx(0, abs=1e-12)
    constant = fit(SEPARABLE, np.full((5, 2), 7.0), decay=0.1)
    assert (constant.network.neurons, constant.converged) == (0, True)
    both = fit([[0.0], [0.0], [1.0], [1.0]], [0, 1, 0, 1], decay=0.1, loss="logistic")
    assert both.objective == pytest.approx(4 * np.log(2))
    assert both.converged


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"affine": "linear"}, "affine: expected True or 'constant'"),
        ({"metric": [[1.0, 1.0], [1.0, 1.0]]}, "metric: expected an invertible"),
        ({"sample_weight": [1.0, 1.0]}, "sample_weight: expected shape"),
        ({"sample_weight": [0.0] * 5}, "sample_weight: expected numbers >= 0"),
        ({"affine_decay": -1.0}, "affine_decay"),
        ({"loss": Quantile(), "decay": 0.0}, "decay: expected a positive"),
    ],
)
def test_options_are_checked(options: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        fit(SEPARABLE, np.arange(5.0), **({"decay": 0.1} | options))


@pytest.mark.full
def test_in_four_dimensions_the_bound_is_proven_and_proven_again() -> None:
    x, y = problem("logistic", 4, 1, 24, 6)
    best = fit(x, y, decay=0.3, loss="logistic", tol=1e-3)
    assert best.certified
    assert best.converged
    assert 0.999 * best.objective <= best.lower <= best.presumed_lower <= best.objective
    again = best.certificate()
    assert again.lower == pytest.approx(best.lower, rel=1e-8)
    assert again.largest <= 1 + 1e-8


@pytest.mark.full
@pytest.mark.slow
def test_beyond_six_dimensions_the_bound_is_crude_and_says_so() -> None:
    x, y = problem("logistic", 7, 1, 60, 6)
    best = fit(x, y, decay=0.3, loss="logistic")
    assert not best.certified
    assert best.settled
    assert best.lower <= best.presumed_lower <= best.objective
    assert "not certified" in str(best)


def test_time_and_progress() -> None:
    lines: list[str] = []
    x, y = problem("squared", 2, 2, 30, 7)
    early = fit(x, y, decay=0.01, seconds=1e-9, progress=lines.append)
    assert not early.converged
    assert "time" in early.stopped
    assert early.lower <= early.objective
    assert lines


@pytest.mark.parametrize("loss", ["squared", "huber", "quantile"])
@pytest.mark.parametrize("offset", [1e5, 1e8])
def test_an_affine_function_added_to_targets_changes_neither_objective_nor_gap(loss: str, offset: float) -> None:
    """Beyond the rounding of the targets, which a gradient of at most 4 for each of the 20 passes on."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (20, 2))
    y = np.sin(3 * x[:, 0]) + 0.2 * rng.standard_normal(20)
    rounding = 20 * 4 * 16 * np.finfo(float).eps * 3 * offset
    here = fit(x, y, decay=0.1, loss=loss, sample_weight=np.ones(20))
    for added in (np.full(20, offset), offset * (1 + x[:, 0] - x[:, 1])):
        moved = fit(x, y + added, decay=0.1, loss=loss, sample_weight=np.ones(20))
        assert moved.converged
        assert moved.gap <= 1e-4 * moved.objective + rounding
        assert abs(moved.objective - here.objective) <= max(moved.gap, here.gap) + rounding
        affine = fit(x, added, decay=0.1, loss=loss, sample_weight=np.ones(20))
        assert affine.converged
        assert affine.network.neurons == 0
        assert affine.objective <= rounding


@pytest.mark.parametrize("name", ["squared", "huber", "quantile"])
@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_units_of_the_values_scale_the_fit(name: str, unit: float) -> None:
    """f is scaled by the unit, and the objective by it to the degree of the loss."""
    x, y = problem(name, 2, 2, 15, 8)
    near, far = (Huber(0.3 * size) if name == "huber" else name for size in (1.0, unit))
    degree = 1 if name == "quantile" else 2
    here = fit(x, y, decay=0.2, loss=near)
    there = fit(x, unit * y, decay=0.2 * unit ** (degree - 1), loss=far)
    assert here.converged
    assert there.converged
    assert there.objective / unit**degree == pytest.approx(here.objective, rel=1e-4)
    assert there.lower / unit**degree == pytest.approx(here.lower, rel=1e-4)
    assert there.penalty / unit == pytest.approx(here.penalty, rel=1e-3)
    np.testing.assert_allclose(there(x) / unit, here(x), atol=2e-2 * np.abs(y).max())


@pytest.mark.parametrize("unit", [1e-3, 1e-10])
def test_small_rates_and_shares_scale_the_fit(unit: float) -> None:
    """exp(p + log u) - u y (p + log u) is u times exp(p) - y p, less u y log u; a small share costs as a rate does."""
    x, y = np.arange(5.0), np.array([1.0, 2.0, 1.0, 3.0, 2.0])
    here, rates = fit(x, y, decay=0.01, loss="poisson"), fit(x, unit * y, decay=0.01 * unit, loss="poisson")
    moved = rates.objective / unit + np.log(unit) * y.sum()
    assert rates.converged
    assert moved == pytest.approx(here.objective, abs=(rates.gap / unit + here.gap) + 1e-9)
    shares = fit(x, np.column_stack([unit * y, 1 - unit * y]), decay=0.01 * unit, loss="cross_entropy")
    assert shares.converged


@pytest.mark.parametrize("loss", ["squared", "huber", "quantile", "logistic"])
def test_subgradients_that_are_not_orthogonal_to_affine_functions_prove_nothing(loss: str) -> None:
    x, y = problem(loss, 2, 2, 20, 9)
    best = fit(x, y, decay=0.1, loss=loss, sample_weight=np.ones(20))
    affine, rng = np.column_stack([best.data.points, np.ones(20)]), np.random.default_rng(0)
    size = 0.1 * float(np.abs(best.subgradients).mean())
    assert best.certificate().lower == pytest.approx(best.lower, rel=1e-9)
    least = -float(best.loss.conjugate(np.zeros_like(best.subgradients), best.data.targets).sum())
    for _ in range(20):
        added = affine @ (size * rng.standard_normal((3, 2)))
        assert replace(best, subgradients=best.subgradients + added).certificate().lower == least


@pytest.mark.parametrize("loss", ["huber", "poisson"])
def test_the_fewest_neurons_are_no_worse_than_those_they_come_from(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the penalty is so small that what it saves says nothing of what the losses rise by."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (20, 2))
    twice = np.concatenate([x, x])
    noisy, counts = np.sin(3 * twice[:, 0]) + 0.3 * rng.standard_normal(40), rng.poisson(np.exp(np.sin(3 * x[:, 0])))
    joined, risen = _Path._joined, []

    def noted(self: _Path, penalty: float) -> VectorAtoms:
        fewer = joined(self, penalty)
        before, after = (self._objective(atoms, penalty) for atoms in (self._pursuit.atoms, fewer))
        risen.append(after / before - 1)
        return fewer

    monkeypatch.setattr(_Path, "_joined", noted)
    points, values = (x, counts) if loss == "poisson" else (twice, noisy)
    for decay in (1e-9, 1e-10):
        best = fit(points, values, decay=decay, loss=loss)
        assert best.converged or best.stopped.startswith("rounding")
    assert len(risen) > 0
    assert max(risen) <= 1e-4
