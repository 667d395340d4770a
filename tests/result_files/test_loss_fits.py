"""Fits under a loss in files: back as they were, with a lower bound that can be checked again; others are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import LossFit, Names, fit, load, save
from radon_nn.fitting._losses_of_values import Huber, Quantile, Squared
from radon_nn.fitting.losses import Loss, registry
from radon_nn.io import read

NAMES = list(registry())
VALUES: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "poisson": lambda rng, n: rng.poisson(2, n),
    "cross_entropy": lambda rng, n: np.concatenate([[0, 1, 2], rng.integers(0, 3, n - 3)]),
} | {name: lambda rng, n: rng.standard_normal((n, 2)) for name in ("squared", "huber", "quantile")}
OPTIONS: list[dict[str, Any]] = [{}, {"affine": "constant"}, {"affine_decay": 0.1}, {"metric": 2.0}]


def fitted(name: str | Loss, dim: int, seed: int = 0, **options: Any) -> LossFit:
    """A fit to random data, some points of which are given twice with different values."""
    rng = np.random.default_rng(seed)
    x = 3 + rng.uniform(-1, 1, (9 if dim < 3 else 7, dim))
    x = np.concatenate([x, x[:3]])
    own = name if isinstance(name, str) else name.name
    y = VALUES.get(own, lambda rng, n: np.concatenate([[0, 1], rng.integers(0, 2, n - 2)]))(rng, len(x))
    if "metric" in options:
        options["metric"] = np.linspace(1, options["metric"], dim)
    weights = rng.uniform(0.5, 2, len(x))
    best = fit(x, y, decay=0.2, loss=name, sample_weight=weights, **({"affine_decay": 1e-3} | options))
    assert isinstance(best, LossFit)
    return best


def same(again: LossFit, best: LossFit) -> None:
    """Every number, and what it proves."""
    assert isinstance(again, LossFit)
    assert str(again) == str(best)
    assert repr(again.loss) == repr(best.loss)
    assert again.network == best.network
    assert again.network.names == best.network.names
    assert again.measure == best.measure
    assert again.refinement == best.refinement
    for name in ("dual", "points", "subgradients"):
        np.testing.assert_array_equal(getattr(again, name), getattr(best, name))
    for kept, given in zip(again.data, best.data, strict=True):
        np.testing.assert_array_equal(kept, given)
    assert (again.options.affine, again.options.affine_decay) == (best.options.affine, best.options.affine_decay)


def proved(again: LossFit, best: LossFit) -> None:
    """The bound computed anew is that of the fit, from a dual that is feasible."""
    proof = again.certificate()
    assert proof.lower == pytest.approx(best.lower, rel=1e-9, abs=1e-9 * abs(best.objective))
    assert proof.largest <= 1 + 1e-9
    # From four dimensions on a bound may certify a fit, where no maximum is found.
    assert best.certified or not proof.exact
    assert best.points.shape[1] > 3 or proof.exact == best.certified
    if not best.options.affine_decay:
        assert proof.moments <= 1e-12


@pytest.mark.parametrize("dim", [1, 2, pytest.param(3, marks=pytest.mark.full)])
@pytest.mark.parametrize("name", NAMES)
def test_a_fit_keeps_its_certificate(name: str, dim: int, tmp_path: Path) -> None:
    """Of every loss in every dimension, and every option in each dimension: the bound is computed anew, to rounding."""
    best = fitted(name, dim, seed=dim, **OPTIONS[(NAMES.index(name) + dim) % len(OPTIONS)])
    save(tmp_path / "fit.npz", best)
    again = load(tmp_path / "fit.npz")
    same(again, best)
    proved(again, best)


@pytest.mark.parametrize("loss", [Huber(0.3), Quantile(0.8)], ids=lambda loss: loss.name)
def test_a_loss_keeps_its_parameter(loss: Loss, tmp_path: Path) -> None:
    best = fitted(loss, 1)
    save(tmp_path / "fit.npz", best)
    again = load(tmp_path / "fit.npz")
    same(again, best)
    proved(again, best)


def test_no_neurons_one_point_and_names(tmp_path: Path) -> None:
    alone = fit([[1.0, 2.0]], [3.0], decay=0.1, sample_weight=[2.0])
    affine = fit([0.0, 1.0, 3.0], [0, 1, 2], decay=9.0, loss="huber")
    for best in (alone, affine):
        assert isinstance(best, LossFit)
        named = best.named(Names([f"x{k}" for k in range(best.network.dim)], ["price"]))
        save(tmp_path / "fit.npz", named)
        again = load(tmp_path / "fit.npz")
        same(again, named)
        proved(again, named)
        assert again.network.neurons == 0
        assert read(tmp_path / "fit.npz").network == named.network


def test_beyond_three_dimensions_and_after_an_early_stop(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((8, 5))
    for best in (fit(x, [0, 1] * 4, decay=0.5, loss="hinge"), fit(x, x[:, :2], decay=0.1, seconds=1e-9)):
        assert isinstance(best, LossFit)
        save(tmp_path / "fit.npz", best)
        same(load(tmp_path / "fit.npz"), best)
        proved(load(tmp_path / "fit.npz"), best)
        assert best.certified == best.converged


def test_a_dual_that_is_too_large_is_scaled_and_proves_no_more() -> None:
    best = fitted("huber", 2)
    forged = replace(best, subgradients=1.01 * best.subgradients).certificate()
    assert forged.largest == pytest.approx(1.01, rel=1e-6)
    assert forged.lower <= best.objective


class Shifted(Squared):
    """Squares under another name."""

    name = "shifted"


def test_a_loss_of_the_users_own_is_not_saved(tmp_path: Path) -> None:
    best = fit([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], decay=0.1, loss=Shifted())
    assert isinstance(best, LossFit)
    proved(best, best)
    with pytest.raises(ValueError, match="got 'shifted', whose functions no file can hold; save the fit's network"):
        save(tmp_path / "fit.npz", best)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a file holds."""
    path = tmp_path_factory.mktemp("file") / "fit.npz"
    save(path, fitted("huber", 2, metric=2.0))
    with np.load(path) as archive:
        return dict(archive)


def test_no_array_may_be_missing_short_or_infinite(arrays: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "damaged.npz"
    for name, array in arrays.items():
        if name.startswith(("result_format", "names")):
            continue
        np.savez(path, **{key: value for key, value in arrays.items() if key != name})
        with pytest.raises(ValueError, match=r"damaged\.npz: .*save the result again"):
            load(path)
        if array.dtype.kind != "f":
            continue
        for damage in (array[:-1] if array.ndim else array[None], np.full_like(array, np.nan)):
            if name.startswith("refinement") and damage.shape == array.shape:
                continue  # a bound may be infinite there
            np.savez(path, **(arrays | {name: damage}))
            with pytest.raises(ValueError, match=r"damaged\.npz: .*save the result again"):
                load(path)


CHANGES: list[tuple[str, Callable[[Any], Any], str]] = [
    ("lower", lambda a: a + 1e3, "lower: expected at most the objective"),
    ("lower", lambda a: a - 0.01, "lower: expected what the dual is worth"),
    ("subgradients", lambda a: 2 * a, "lower: expected what the dual is worth, -inf"),
    (
        "subgradients",
        lambda a: a * np.inf,
        "subgradients: expected finite numbers, got nan in row 0|got -?inf in row 0",
    ),
    ("presumed_lower", lambda a: a + np.inf, "presumed_lower: expected at most the objective"),
    ("presumed_lower", lambda a: a + 1e9, "presumed_lower: expected at most the objective"),
    ("linear", lambda a: np.array(False), "linear: expected True for a network with a linear part"),
    ("converged", lambda a: np.array(False), "stopped: expected a reason"),
    ("settled", lambda a: np.array(False), "settled: expected True"),
    ("data.points", lambda a: np.array(1.0), "data.points: expected a table"),
    ("data.weights", lambda a: np.array(1.0), "data.weights: expected a row of values"),
    ("objective", lambda a: 1.01 * a, "objective: expected the cost of the function"),
    ("penalty", lambda a: 1.01 * a, "penalty: expected that of the network"),
    ("decay", lambda a: 0 * a, "decay: expected a positive number"),
    ("affine_decay", lambda a: a - 1, "affine_decay: expected a number >= 0"),
    ("linear", lambda a: np.array(1.0), "linear: expected a truth value"),
    ("loss", lambda a: np.array("hubert"), "loss: expected one of"),
    ("loss", lambda a: np.array("logistic"), "values: expected labels"),
    ("loss.delta", lambda a: 2 * a, "objective: expected the cost"),
    ("loss.delta", lambda a: -a, "delta: expected a positive number"),
    ("metric", lambda a: 0 * a, "metric: expected an invertible matrix"),
    ("metric", lambda a: 2 * a, "objective: expected the cost"),
    ("data.weights", lambda a: -a, "data.weights: expected positive numbers"),
    ("data.targets", lambda a: a + 1, "objective: expected the cost"),
    ("network.readout", lambda a: 2 * a, "objective: expected the cost"),
    ("certified", lambda a: np.array("no"), "certified: expected a truth value"),
    ("upper", lambda a: np.array(3.0), "got also upper"),
]


@pytest.mark.parametrize("k", range(len(CHANGES)))
def test_files_changed_by_hand_are_refused(k: int, arrays: dict[str, Any], tmp_path: Path) -> None:
    name, change, said = CHANGES[k]
    np.savez(tmp_path / "changed.npz", **(arrays | {name: change(arrays.get(name))}))
    with pytest.raises(ValueError, match=rf"changed\.npz: .*{said}.*; save the result again"):
        load(tmp_path / "changed.npz")


def test_subgradients_of_another_fit_are_refused(tmp_path: Path) -> None:
    """They were worth more than the objective, which the bound was then clipped to, and printed as certified."""
    x = np.random.default_rng(1).uniform(-1, 1, (20, 2))
    y = np.sin(3 * x[:, :1]) * [1.0, -0.5]
    wide, narrow = (fit(x, y, decay=decay) for decay in (0.5, 0.01))
    assert isinstance(wide, LossFit)
    save(tmp_path / "wide.npz", wide)
    save(tmp_path / "narrow.npz", narrow)
    with np.load(tmp_path / "wide.npz") as kept, np.load(tmp_path / "narrow.npz") as other:
        # A small decay's own dual, larger where the decay is small.
        forged = dict(other) | {"subgradients": kept["subgradients"], "lower": other["objective"]}
    np.savez(tmp_path / "forged.npz", **forged)
    with pytest.raises(ValueError, match=r"forged\.npz: lower: expected"):
        load(tmp_path / "forged.npz")


@pytest.mark.parametrize("oriented", [False, True])
def test_infeasible_subgradients_of_the_same_worth_are_refused(oriented: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (20, 2))
    best = fit(x, np.sin(3 * x[:, :1]) * [1.0, -0.5], decay=0.1, affine="constant" if oriented else True)
    assert isinstance(best, LossFit)
    save(tmp_path / "fit.npz", best)
    with np.load(tmp_path / "fit.npz") as archive:
        arrays = dict(archive)
    # Turned within what is orthogonal to affine functions and to the targets, where half squares keep their value.
    z = arrays["subgradients"]
    basis = np.linalg.qr(np.column_stack([np.ones(20), arrays["data.points"], arrays["data.targets"]]))[0]
    inside = z - basis @ (basis.T @ z)
    free = rng.standard_normal(z.shape)
    free -= basis @ (basis.T @ free)
    turned = z - inside + free * (np.linalg.norm(inside) / np.linalg.norm(free))
    np.savez(tmp_path / "changed.npz", **(arrays | {"subgradients": turned}))
    with pytest.raises(ValueError, match=r"changed\.npz: dual: expected \|F_r\| <= 1 at all hyperplanes, got"):
        load(tmp_path / "changed.npz")


def test_a_fit_that_converged_by_the_crude_bound_is_read_again(tmp_path: Path) -> None:
    """Its file was refused: in eight dimensions `certified` is True where the crude bound closes the gap."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 8)), rng.integers(0, 2, 30)
    best = fit(x, y, decay=1e4, loss="logistic", affine_decay=0.1)
    assert isinstance(best, LossFit)
    assert best.certified
    save(tmp_path / "fit.npz", best)
    same(load(tmp_path / "fit.npz"), best)


def test_points_of_seven_dimensions_are_certified_only_if_the_fit_has_converged(tmp_path: Path) -> None:
    """A file that says so claims more than was proved."""
    best = fit(np.eye(9)[:, :7], [0, 1, 0] * 3, decay=0.5, loss="hinge")
    assert isinstance(best, LossFit)
    save(tmp_path / "fit.npz", best)
    with np.load(tmp_path / "fit.npz") as archive:
        claimed = dict(archive)
    claimed |= {"certified": np.array(True), "converged": np.array(False), "settled": np.array(False)}
    claimed |= {"stopped": np.array("the time was over")}
    np.savez(tmp_path / "changed.npz", **claimed)
    with pytest.raises(ValueError, match="certified: expected False for points that span 7 dimensions"):
        load(tmp_path / "changed.npz")
