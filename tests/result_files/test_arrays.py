"""Measures and fits in files: back as they were, certificates that can be checked again, damaged files refused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import (
    Fit,
    Grid,
    Names,
    RidgeMeasure,
    ShallowNetwork,
    find_spikes,
    fit,
    interpolate,
    load,
    probe_spikes,
    save,
)
from radon_nn.io import read

NETWORK = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])


def data(seed: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = 3 + rng.uniform(-1, 1, (25 if dim < 3 else 12, dim))
    return x, 100 + np.sin(3 * x[:, 0]) + x[:, -1] ** 2 + 0.1 * rng.standard_normal(len(x))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dim", [1, 2, 3, 4])
@pytest.mark.parametrize("decay", [0.0, 0.03])
def test_a_fit_keeps_its_certificate(seed: int, dim: int, decay: float, tmp_path: Path) -> None:
    """The bound is the value of a dual vector that the file holds; it is computed anew, to rounding."""
    x, y = data(seed, dim)
    if decay:
        best = fit(np.concatenate([x, x[:4]]), np.concatenate([y, y[:4] + 0.2]), decay=decay)
    else:
        best = interpolate(x, y)
    save(tmp_path / "fit.npz", best)
    again = load(tmp_path / "fit.npz")
    assert isinstance(again, Fit)
    assert str(again) == str(best)
    assert again.measure == best.measure
    np.testing.assert_array_equal(again.dual, best.dual)
    np.testing.assert_array_equal(again.points, best.points)
    proof = again.certificate()
    assert proof.exact == (dim <= 3)
    assert best.certified == (proof.exact or best.converged)
    assert proof.lower == pytest.approx(best.lower, rel=1e-9, abs=1e-12)
    # On the line |F_r| is one at each bend, and what rounding may add to that is counted.
    assert proof.largest <= 1 + (1e-12 if dim > 1 else 1e-9)
    assert proof.moments <= 1e-12
    assert again.refinement == best.refinement


@pytest.mark.parametrize("factor", [1.5, 10.0])
def test_a_dual_that_is_too_large_is_scaled_and_proves_no_more(factor: float) -> None:
    x, y = data(0, 2)
    best = interpolate(x, y)
    proof = best.certificate()
    forged = type(proof).of(best.points, best.values, best.counts, factor * best.dual, 0.0, 0.0)
    assert forged.largest == pytest.approx(factor, rel=1e-6)
    assert forged.lower <= best.objective * (1 + 1e-12)


NAMES = Names(["length", "width"], ["price"], [1.0, 2.0], [0.5, 3.0])
RESULTS: dict[str, Callable[[], Any]] = {
    "measure": NETWORK.measure,
    "named measure": lambda: NETWORK.measure().named(NAMES),
    "affine measure": lambda: RidgeMeasure([], [], [], np.zeros((2, 3)), [0.1, -0.2]),
    "spikes": lambda: find_spikes(NETWORK, Grid.cube(32), max_rounds=1),
    "probed spikes": lambda: probe_spikes(NETWORK, 2),
    "fibres": ShallowNetwork(np.eye(2), [0.0, 0.1], np.eye(2), activation="tanh").fibres,
}


@pytest.mark.parametrize("kind", RESULTS)
def test_results_come_back_as_they_were(kind: str, tmp_path: Path) -> None:
    value = RESULTS[kind]()
    save(tmp_path / "result.npz", value)
    again = load(tmp_path / "result.npz")
    assert type(again) is type(value)
    assert str(again) == str(value)
    for name, column in value.to_table().items():
        np.testing.assert_array_equal(again.to_table()[name], column)
    x = np.random.default_rng(0).standard_normal((5, value.measure.dim if hasattr(value, "measure") else 2))
    f = again if callable(again) else again.measure
    g = value if callable(value) else value.measure
    np.testing.assert_array_equal(f(x), g(x))
    network = read(tmp_path / "result.npz").network
    np.testing.assert_allclose(network(x), g(x), rtol=1e-12, atol=1e-12)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    """Every array left out, cut short, or not finite: an error that names the file, never another result."""
    save(tmp_path / "fit.npz", interpolate(*data(0, 2)))
    with np.load(tmp_path / "fit.npz") as archive:
        arrays = dict(archive)
    for name in arrays:
        if name.startswith(("result_format", "refinement", "names")):
            continue
        left = {key: value for key, value in arrays.items() if key != name}
        np.savez(tmp_path / "damaged.npz", **left)
        with pytest.raises(ValueError, match=rf"damaged\.npz: expected an array '{name}'"):
            load(tmp_path / "damaged.npz")
    for name in ("dual", "points", "values", "counts", "measure.offsets", "measure.masses", "measure.directions"):
        for damage in (lambda array: array[:-1], lambda array: np.full_like(array, np.nan)):
            np.savez(tmp_path / "damaged.npz", **(arrays | {name: damage(arrays[name])}))
            with pytest.raises(ValueError, match=r"damaged\.npz: .*save the result again"):
                load(tmp_path / "damaged.npz")
    np.savez(tmp_path / "newer.npz", **(arrays | {"result_format": np.array("radon_nn.Fit/9")}))
    with pytest.raises(ValueError, match="a newer radon_nn may read it"):
        load(tmp_path / "newer.npz")


CHANGES: dict[str, list[tuple[str, Any, str]]] = {
    "fit": [
        ("lower", lambda a: a + 1e3, "lower: expected at most the objective"),
        ("objective", lambda a: a * 1.01, "objective: expected the cost of the function"),
        ("objective", lambda a: a * np.nan, "objective: expected a finite number, got nan"),
        ("lower", lambda a: a * 0.5, "lower: expected what the dual is worth"),
        ("presumed_lower", lambda a: a * np.inf, "presumed_lower: expected at most the objective"),
        ("presumed_lower", lambda a: a + 1e9, "presumed_lower: expected at most the objective"),
        ("presumed_lower", lambda a: a * np.nan, "presumed_lower: expected at most the objective"),
        ("converged", lambda a: np.array(False), "stopped: expected a reason"),
        ("settled", lambda a: np.array(False), "settled: expected True"),
        ("stopped", lambda a: np.array("the time was over"), "stopped: expected no reason"),
        ("misfit", lambda a: a + 1, "misfit: expected that of the function"),
        ("dual", lambda a: a * 100, "lower: expected what the dual is worth"),
        ("dual", lambda a: np.roll(a, 1), "expected"),
        (
            "dual",
            lambda a: np.where(np.arange(len(a)) == 3, np.nan, a),
            "dual: expected finite numbers, got nan in row 3",
        ),
        ("points", lambda a: np.array(1.0), r"points: expected a table, of shape \(rows, columns\), got shape \(\)"),
        ("points", lambda a: a * 0, "expected"),
        ("points", lambda a: a * 1e200, "expected"),
        ("measure.skip", lambda a: a[0], "measure.skip: expected a table"),
        ("refinement.at", lambda a: np.array(1.0), "refinement.at: expected a row of values"),
        ("misfit", lambda a: a * 0 - 1, "misfit: expected a number >= 0"),
        ("decay", lambda a: a * 0 - 1, "decay: expected a number >= 0"),
        ("scatter", lambda a: a * 0 - 1, "scatter: expected a number >= 0"),
        ("counts", lambda a: a * 0, "counts: expected numbers >= 1"),
        ("certified", lambda a: np.array("no"), "certified: expected a truth value"),
        ("certified", lambda a: np.array([True, False]), "certified: expected one value"),
        ("converged", lambda a: np.array(2.0), "converged: expected a truth value"),
        ("dual", lambda a: a + 1j, "dual: expected real numbers"),
        ("dual", lambda a: a[:, None], "dual: expected a row of values"),
        ("points", lambda a: a[:, :1], "points: expected"),
        ("values", lambda a: a.astype(str), "values: expected real numbers"),
        ("measure.masses", lambda a: a * 2, "objective: expected the cost of the function"),
        ("refinement.value", lambda a: np.append(a, 1.0), "refinement: expected steps of one length"),
        ("lower_bound", lambda a: np.array(3.0), "got also lower_bound"),
    ],
    "interpolation": [
        ("dual", lambda a: a * 100, "lower: expected what the dual is worth"),
        ("dual", lambda a: a * 0.5, "lower: expected what the dual is worth"),
    ],
    "spikes": [
        *(
            (name, lambda a: a * 0 + np.nan, f"{name}: expected a finite number")
            for name in ("relative_error", "noise")
        ),
        *((name, lambda a: a * 0 - 1.0, f"{name}: expected a number >= 0") for name in ("max_error", "noise")),
        ("noise", lambda a: a + 1, "noise: expected 0 where the spikes explain"),
        ("samples", lambda a: np.array(np.inf), "samples: expected a whole number >= 0, got inf"),
        ("rounds", lambda a: np.array(3.7), "rounds: expected a whole number >= 0, got 3.7"),
        ("queries", lambda a: np.array(np.nan), "queries: expected a whole number >= 0, got nan"),
    ],
    "probe": [
        ("relative_error", lambda a: a * np.nan, "relative_error: expected a finite number, got nan"),
        ("max_error", lambda a: np.array(np.inf), "max_error: expected a finite number, got inf"),
        ("queries", lambda a: np.array(np.inf), "queries: expected a whole number >= 0, got inf"),
        ("lines", lambda a: np.array(-1), "lines: expected a whole number >= 0, got -1"),
        ("unresolved", lambda a: np.array(["one more kink"]), "unresolved: expected nothing"),
    ],
    "measure": [
        ("measure.masses", lambda a: a + 1j, "measure.masses: expected real numbers"),
        ("measure.masses", lambda a: a > 0, "measure.masses: expected real numbers"),
        ("measure.scale", lambda a: np.array([2.0]), r"got also measure\.scale"),
    ],
    "fibres": [
        ("directions", lambda a: a * 2, "directions: expected unit vectors"),
        ("fibre", lambda a: a - 1, "fibre: expected whole numbers >= 0"),
        ("fibre", lambda a: a + len(a), "fibre: expected rows of"),
        ("fibre", lambda a: a.astype(float), "fibre: expected whole numbers"),
        ("fibre", lambda a: a > 0, "fibre: expected real numbers"),
        ("scales", lambda a: a + 1j, "scales: expected real numbers"),
        ("factor", lambda a: np.array(2.0), "got also factor"),
    ],
}


@cache
def saved(kind: str) -> dict[str, Any]:
    """What a file of a result holds."""
    made = {
        "fit": lambda: fit(*data(0, 2), decay=0.03),
        "interpolation": lambda: interpolate(*data(0, 2)),
        "spikes": lambda: find_spikes(NETWORK, Grid.cube(32), max_rounds=1),
        "probe": lambda: probe_spikes(NETWORK, 2),
        "measure": NETWORK.measure,
        "fibres": ShallowNetwork(np.eye(2), [0.0, 0.1], np.eye(2), activation="tanh").fibres,
    }[kind]()
    with tempfile.TemporaryDirectory() as folder:
        save(f"{folder}/result.npz", made)
        with np.load(f"{folder}/result.npz") as archive:
            return dict(archive)


@pytest.mark.parametrize(("kind", "k"), [(kind, k) for kind, changes in CHANGES.items() for k in range(len(changes))])
def test_results_changed_by_hand_are_refused(kind: str, k: int, tmp_path: Path) -> None:
    """They were read as results, with the certificate that the file claimed."""
    name, change, said = CHANGES[kind][k]
    arrays = saved(kind)
    np.savez(tmp_path / "changed.npz", **(arrays | {name: change(arrays.get(name))}))
    with pytest.raises(ValueError, match=rf"changed\.npz: .*{said}.*; save the result again"):
        load(tmp_path / "changed.npz")


@pytest.mark.parametrize("dim", [1, 2, pytest.param(3, marks=pytest.mark.full)])
@pytest.mark.parametrize("seed", range(2))
def test_a_dual_that_is_infeasible_is_refused(dim: int, seed: int, tmp_path: Path) -> None:
    """Its value may be the bound that the file claims: another dual of the same value, larger somewhere."""
    best = interpolate(*data(seed, dim))
    near = best.points - best.points.mean(axis=0)
    normal = np.column_stack([np.ones(len(near)), near, best.values])
    basis = np.linalg.qr(normal)[0]
    free = np.random.default_rng(seed).standard_normal(len(near))
    free -= basis @ (basis.T @ free)
    save(tmp_path / "fit.npz", best)
    with np.load(tmp_path / "fit.npz") as archive:
        arrays = dict(archive)
    larger = best.dual + free * (30 * np.abs(best.dual).sum() / np.abs(free).sum())
    np.savez(tmp_path / "changed.npz", **(arrays | {"dual": larger}))
    with pytest.raises(ValueError, match=r"changed\.npz: dual: expected \|F_r\| <= 1 at all hyperplanes, got"):
        load(tmp_path / "changed.npz")
    moved = best.dual + 0.1 * np.abs(best.dual).sum()
    np.savez(tmp_path / "changed.npz", **(arrays | {"dual": moved}))
    with pytest.raises(ValueError, match=r"changed\.npz: dual: expected a vector orthogonal to affine functions"):
        load(tmp_path / "changed.npz")


def test_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ending in \.npz for a RidgeMeasure"):
        save(tmp_path / "measure.safetensors", NETWORK.measure())
    with pytest.raises(TypeError, match="a measure or a fit, got int"):
        save(tmp_path / "number.npz", 3)
    with pytest.raises(TypeError, match="expected the path of a file, got int; write load"):
        load(3)
    with pytest.raises(TypeError, match="expected the path of a file, got RidgeMeasure; write save"):
        save(NETWORK.measure(), "measure.npz")
    save(tmp_path / "measure.npz", NETWORK.measure())
    with pytest.raises(ValueError, match="activation"):
        load(tmp_path / "measure.npz", activation="relu")
