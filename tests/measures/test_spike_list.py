"""Results as tables: equal columns, one orientation, spikes one by one, and names in standardised units."""

from __future__ import annotations

import numpy as np
import pytest

from radon_nn import Ball, Fit, Names, RidgeMeasure, ShallowNetwork, fit, kinks, probe_spikes, rtv

SEEDS = range(4)


def random_measure(seed: int, dim: int, outputs: int, names: Names | None = None) -> RidgeMeasure:
    rng = np.random.default_rng(seed)
    normals = rng.standard_normal((7, dim))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    affine = rng.standard_normal((outputs, dim)), rng.standard_normal(outputs)
    return RidgeMeasure(normals, rng.standard_normal(7), rng.standard_normal((7, outputs)), *affine, names)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("dim", "outputs"), [(1, 1), (2, 1), (2, 3), (5, 2)])
def test_a_table_rebuilds_its_measure(seed: int, dim: int, outputs: int) -> None:
    measure = random_measure(seed, dim, outputs)
    table = measure.to_table()
    assert {len(column) for column in table.values()} == {len(measure)}
    assert all(column.ndim == 1 for column in table.values())
    directions = np.stack([table[f"direction_{k}"] for k in range(dim)], axis=1)
    masses = [table["mass"]] if outputs == 1 else [table[f"mass_{k}"] for k in range(outputs)]
    again = RidgeMeasure(directions, table["offset"], np.stack(masses, axis=1), measure.skip, measure.constant)
    assert again == measure
    assert ("angle" in table) == (dim == 2)
    if dim == 2:
        assert np.all((table["angle"] >= 0) & (table["angle"] < np.pi))
        turned = np.stack([np.cos(table["angle"]), np.sin(table["angle"])], axis=1)
        np.testing.assert_allclose(turned, directions, atol=1e-15)
    assert np.all(directions[:, -1] > 0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("dim", "outputs"), [(1, 1), (2, 1), (3, 2)])
def test_spikes_one_by_one_sum_to_the_function(seed: int, dim: int, outputs: int) -> None:
    measure, x = random_measure(seed, dim, outputs), np.random.default_rng(seed).standard_normal((20, dim))
    total = x @ measure.skip.T + measure.constant
    for spike in measure:
        total = total + np.maximum(x @ spike.direction - spike.offset, 0)[:, None] * spike.mass
    np.testing.assert_allclose(total.reshape(measure(x).shape), measure(x), atol=1e-12)
    sizes = [float(np.linalg.norm(spike.mass)) for spike in measure]
    assert sizes == sorted(sizes, reverse=True)
    first, rest = measure[:3], measure[[3, 4, 5, 6]]
    affine = RidgeMeasure([], [], [], measure.skip, measure.constant)
    np.testing.assert_allclose(first(x) + rest(x) - affine(x), measure(x), atol=1e-12)
    assert measure[np.arange(7) < 3] == first
    assert measure[-1].offset == measure.offsets[-1]
    with pytest.raises(IndexError, match="expected an index from 0 to 6, got 7"):
        measure[7]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dim", [1, 2, 4])
def test_standardised_columns_are_the_spikes_of_the_function_of_standardised_inputs(seed: int, dim: int) -> None:
    rng = np.random.default_rng(seed)
    means, deviations = rng.standard_normal(dim), rng.uniform(0.1, 10, dim)
    names = Names([f"feature {k}" for k in range(dim)], ["height"], means, deviations)
    measure = random_measure(seed, dim, 1, names)
    table = measure.to_table()
    directions = np.stack([table[f"standardised_direction_feature {k}"] for k in range(dim)], axis=1)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-14)
    inner = RidgeMeasure(directions, table["standardised_offset"], table["standardised_mass"])
    z = rng.standard_normal((30, dim))
    bare = RidgeMeasure(measure.directions, measure.offsets, measure.masses)
    np.testing.assert_allclose(inner(z), bare(means + deviations * z), rtol=1e-12, atol=1e-12)


def test_names_stay_with_a_measure() -> None:
    names = Names(["age", "bmi"], ["risk"])
    measure = random_measure(0, 2, 1).named(names)
    for other in (measure[:2], measure.merged(), measure.restricted(Ball(5.0)), measure.placed(2.0, np.ones(2))):
        assert "direction_bmi" in other.to_table()
    assert measure == random_measure(0, 2, 1)
    with pytest.raises(ValueError, match="feature names: expected 2, one for each, got 1"):
        measure.named(Names(["age"]))
    with pytest.raises(ValueError, match="'a' more than once"):
        Names(["a", "b", "a"])
    with pytest.raises(TypeError, match="expected a list of names"):
        Names("age")
    with pytest.raises(ValueError, match="means and deviations together"):
        Names(means=[1.0])
    assert Names(["age", "bmi", "x"]).main_features(np.array([0.6, -0.8, 0.0])) == "-0.80 bmi +0.60 age"


def test_results_that_hold_a_measure_are_lists_of_its_spikes() -> None:
    hidden = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])
    found = probe_spikes(hidden, 2)
    assert len(found) == 2
    assert [spike.mass for spike in found] == found.masses.tolist() == found.to_table()["mass"].tolist()
    assert found.masses.shape == found.offsets.shape == (2,)
    assert found[:1].rtv == abs(found[0].mass)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dim", [1, 2])
def test_other_tables_add_up_to_their_result(seed: int, dim: int) -> None:
    rng = np.random.default_rng(seed)
    weights, biases, readout = rng.standard_normal((6, dim)), rng.uniform(-0.3, 0.3, 6), rng.standard_normal(6)
    found = kinks(ShallowNetwork(weights, biases, readout), Ball(1.0))
    table = found.to_table()
    assert {len(column) for column in table.values()} == {len(found)}
    assert np.abs(table["jump"]) @ table["length"] == pytest.approx(found.total, rel=1e-14)
    assert sum(part.total for part in found) == pytest.approx(found.total, rel=1e-14)
    fibres = ShallowNetwork(weights, biases, readout, activation="tanh").fibres()
    table = fibres.to_table()
    assert table["rtv"].sum() == pytest.approx(rtv(fibres).value, rel=1e-12)
    assert table["neurons"].sum() == 6
    assert np.all(np.diff(table["rtv"]) <= 0)
    best = fit(rng.uniform(-1, 1, (20, dim)), rng.standard_normal(20), decay=0.1)
    assert isinstance(best, Fit)
    steps = best.refinement.to_table()
    assert len(steps["searches"]) == len(steps["value"]) == len(steps["lower"]) == len(best.refinement)


def test_dataframes_take_tables_as_they_are() -> None:
    table = random_measure(0, 3, 2).to_table()
    for name in ("pandas", "polars"):
        frames = pytest.importorskip(name)
        frame = frames.DataFrame(table)
        assert frame.shape == (7, 7)
        assert list(frame.columns) == list(table)


@pytest.mark.parametrize("outputs", [1, 3])
def test_masses_have_a_column_for_each_output_and_spikes_numbers(outputs: int) -> None:
    """(s, o) in the measure for every o; where o is 1, numbers in spikes, tables and results."""
    measure = random_measure(0, 2, outputs)
    assert measure.masses.shape == (len(measure), outputs)
    again = RidgeMeasure(measure.directions, measure.offsets, measure.masses, measure.skip, measure.constant)
    assert again == measure
    if outputs == 1:
        assert [spike.mass for spike in measure] == measure.masses[:, 0].tolist() == measure.to_table()["mass"].tolist()
        assert RidgeMeasure(measure.directions, measure.offsets, measure.masses[:, 0]).masses.shape == (len(measure), 1)
    x = np.random.default_rng(1).uniform(-1, 1, (20, 2))
    best = fit(x, np.abs(x[:, 0]), decay=0.01)
    assert best.masses.shape == (len(best),)
    assert best.measure.masses.shape == (len(best), 1)
