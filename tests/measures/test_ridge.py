"""Ridge measures: the function they stand for, merging, restriction, and the laws of R-TV."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from examples_of_networks import points_in, random_measure, unit_vectors
from radon_nn import Ball, RidgeMeasure
from radon_nn._support.wording import counted

ROUNDING = 1e-12
"""Relative to the sum of the terms' sizes: a few dozen float64 operations, with room."""

SEEDS = st.integers(0, 2**32 - 1)
LAWS = settings(max_examples=40, deadline=None, derandomize=True)


def as_relus(measure: RidgeMeasure, points: np.ndarray) -> np.ndarray:
    """sum_k masses_k (a_k.x - t_k)_+ + skip x + constant, term by term, (n, o)."""
    values = np.array([measure.skip @ x + measure.constant for x in points])
    for a, t, m in zip(measure.directions, measure.offsets, measure.masses, strict=True):
        values += np.array([max(a @ x - t, 0.0) * m for x in points])
    return values


def same_function(one: RidgeMeasure, two: RidgeMeasure, tol: float = ROUNDING, radius: float = 2.0) -> None:
    """Equal on a ball, relative to the size of the terms there."""
    x = points_in(np.random.default_rng(1), 64, one.dim, radius)
    scale = sum(
        float((m.sizes * (radius + np.abs(m.offsets))).sum() + radius * np.abs(m.skip).sum() + np.abs(m.constant).sum())
        for m in (one, two)
    )
    assert_allclose(one(x), two(x), rtol=0, atol=tol * scale)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_evaluates_the_sum_of_its_ridges(dim: int, outputs: int) -> None:
    rng = np.random.default_rng(dim)
    a, t, m = unit_vectors(rng, 7, dim), rng.standard_normal(7), rng.standard_normal((7, outputs))
    skip, constant, x = rng.standard_normal((outputs, dim)), rng.standard_normal(outputs), rng.standard_normal((9, dim))
    want = np.maximum(x @ a.T - t, 0) @ m + x @ skip.T + constant
    measure = RidgeMeasure(a, t, m, skip, constant)
    assert_allclose(measure(x), want[:, 0] if outputs == 1 else want, rtol=0, atol=1e-13)
    assert_allclose(as_relus(measure, x), want, rtol=0, atol=1e-13)


def test_shapes_of_values_follow_the_points() -> None:
    one, two = (random_measure(np.random.default_rng(0), 4, 3, outputs) for outputs in (1, 2))
    for shape in ((), (5,), (4, 0), (2, 3, 4)):
        x = np.random.default_rng(1).standard_normal((*shape, 3))
        assert np.shape(one(x)) == shape
        assert np.shape(two(x)) == (*shape, 2)
    assert_allclose(two(np.ones((2, 3, 3)))[1, 2], two(np.ones(3)), rtol=1e-14)


def test_many_points_are_the_same_as_few() -> None:
    """Evaluation goes chunk by chunk; 4096 spikes make a chunk of about two thousand points."""
    measure = random_measure(np.random.default_rng(0), 4096, 2)
    x = np.random.default_rng(1).standard_normal((5000, 2))
    some = np.array([0, 2047, 2048, 2049, 4095, 4096, 4999])
    assert_allclose(measure(x)[some], measure(x[some]), rtol=1e-11)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_second_differences_across_a_kink_are_its_mass(dim: int) -> None:
    """Between the other kinks, [f(p + h a) - 2 f(p) + f(p - h a)] / h is the mass; rounding is divided by h."""
    rng = np.random.default_rng(dim)
    measure = random_measure(rng, 6, dim, 2)
    checked = 0
    for k, (a, t) in enumerate(zip(measure.directions, measure.offsets, strict=True)):
        p = points_in(rng, 400, dim)
        p = p + (t - p @ a)[:, None] * a
        clearance = np.delete(np.abs(p @ measure.directions.T - measure.offsets), k, axis=1).min(axis=1)
        best = int(np.argmax(clearance))
        h = 0.9 * clearance[best]
        if h < 1e-3:
            continue
        checked += 1
        bent = (measure(p[best] + h * a) - 2 * measure(p[best]) + measure(p[best] - h * a)) / h
        assert_allclose(bent, measure.masses[k], rtol=0, atol=1e-11)
    assert checked >= 4


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_canonical_form(dim: int) -> None:
    """Last nonzero coordinate positive, largest |mass| first; a hyperplane's two names give the same spike."""
    rng = np.random.default_rng(dim)
    a, t, m = unit_vectors(rng, 20, dim), rng.standard_normal(20), rng.standard_normal(20)
    measure, mirrored = RidgeMeasure(a, t, m), RidgeMeasure(-a, -t, m)
    assert np.all(measure.directions[:, -1] > 0)
    assert np.all(np.diff(measure.sizes) <= 0)
    for name in ("directions", "offsets", "masses"):
        assert np.array_equal(getattr(measure, name), getattr(mirrored, name))
    x = rng.standard_normal((30, dim))
    assert_allclose(measure(x) - mirrored(x), (x @ a.T - t) @ m, rtol=0, atol=1e-13)


@given(seed=SEEDS, dim=st.integers(1, 5), outputs=st.integers(1, 3), spikes=st.integers(0, 9))
@LAWS
def test_trusted_numbers_make_what_checked_ones_make(seed: int, dim: int, outputs: int, spikes: int) -> None:
    """Equal to the last bit, read-only, and apart from the arrays handed over."""
    rng = np.random.default_rng(seed)
    given = unit_vectors(rng, spikes, dim), rng.standard_normal(spikes), rng.standard_normal((spikes, outputs))
    affine = rng.standard_normal((outputs, dim)), rng.standard_normal(outputs)
    checked = RidgeMeasure(*given, *affine)
    trusted = RidgeMeasure.trusted(np.asfortranarray(checked.directions), *given[1:], *affine)
    again = RidgeMeasure.trusted(checked.directions, checked.offsets, checked.masses, checked.skip, checked.constant)
    assert again == checked
    assert RidgeMeasure(checked.directions, *given[1:], *affine) == trusted
    for name in ("directions", "offsets", "masses", "skip", "constant"):
        array = getattr(trusted, name)
        assert not array.flags.writeable
        assert array.flags.c_contiguous
        assert not any(np.shares_memory(array, other) for other in (*given, *affine, checked.directions))
    x = rng.standard_normal((7, dim))
    assert np.array_equal(trusted.at(x), trusted(x).reshape(7, outputs))


def test_angles_in_the_plane_lie_from_0_to_below_pi() -> None:
    measure = RidgeMeasure([[0.0, -1.0], [-0.0, 1.0], [-1.0, 0.0], [-0.6, 0.8]], [1, 2, 3, 4], [4, 3, 2, 1])
    assert_allclose(measure.directions, [[0, 1], [0, 1], [1, 0], [-0.6, 0.8]], atol=0)
    assert measure.offsets.tolist() == [-1, 2, -3, 4]


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_merging_adds_coincident_spikes_antipodes_included(dim: int) -> None:
    rng = np.random.default_rng(dim)
    plain = random_measure(rng, 5, dim, 2)
    sign, extra = rng.choice([-1.0, 1.0], 5), rng.standard_normal((5, 2))
    doubled = RidgeMeasure(
        np.concatenate([plain.directions, plain.directions * sign[:, None]]),
        np.concatenate([plain.offsets, plain.offsets * sign]),
        np.concatenate([plain.masses, extra]),
        plain.skip,
        plain.constant,
    )
    merged = doubled.merged()
    assert len(merged) == 5
    same_function(merged, doubled)
    assert_allclose(merged.rtv, np.linalg.norm(plain.masses + extra, axis=1).sum(), rtol=1e-13)


@pytest.mark.parametrize("scale", [1.0, 3.0, 1e3])
def test_parallel_hyperplanes_stay_apart_wherever_they_lie(scale: float) -> None:
    """Offsets that differ by far more than tol max(1, |t|) are other hyperplanes, beyond |t| = 1 too."""
    measure = RidgeMeasure([[0.6, 0.8]] * 4, scale * np.array([0.3, 0.7, -0.9, 1.4]), [1, -2, 3, 4])
    merged = measure.merged()
    assert len(merged) == 4
    assert merged.rtv == 10
    same_function(merged, measure, radius=2 * scale)


@pytest.mark.parametrize("offset", [0.0, 0.3, 1.0, 40.0])
@pytest.mark.parametrize("tilt", [0.0, 1e-17, 1e-14, -1e-14])
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_merging_across_the_edge_of_the_half_sphere(dim: int, tilt: float, offset: float) -> None:
    """a and -a to rounding, just either side of the edge, are one hyperplane; the offset's last bits may differ."""
    a, b = np.zeros(dim), np.zeros(dim)
    a[-1] = b[-1] = 1.0
    a[0], b[0] = tilt, -tilt
    for second, place in ((b, offset), (-b, -offset)):
        split = RidgeMeasure([a, second], [offset, place * (1 + 1e-16)], [1.0, 2.0])
        merged = split.merged()
        assert len(merged) == 1
        assert merged.rtv == pytest.approx(3, rel=1e-15)
        same_function(merged, split, radius=2 + offset)


def test_antipodes_across_the_edge_cancel() -> None:
    affine = RidgeMeasure([[1e-15, 1.0], [1e-15, -1.0]], [0.25, -0.25], [1.5, -1.5]).merged()
    assert affine.rtv == 0
    assert len(affine) == 0
    assert_allclose(affine([[0.0, 1.0], [2.0, -3.0]]), 1.5 * (np.array([1.0, -3.0]) - 0.25), rtol=1e-14)


@pytest.mark.parametrize("tol", [1e-3, 1e-6])
@pytest.mark.parametrize("turned", [False, True])
def test_chains_within_tol_become_one_spike(tol: float, turned: bool) -> None:
    """Links of 0.8 tol join into one, at a change of at most (1 + r) times the chain's length times the masses."""
    steps = 0.8 * tol * np.arange(5)
    angles = 0.4 + (steps if turned else np.zeros(5))
    a = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    chain = RidgeMeasure(a, 0.2 + (np.zeros(5) if turned else steps), [1.0, 2.0, -0.5, 1.0, 3.0])
    merged = chain.merged(tol, unit=1.0)
    assert len(merged) == 1
    assert merged.rtv == pytest.approx(6.5, rel=1e-14)
    x = points_in(np.random.default_rng(0), 500, 2, 1.0)
    assert np.abs(merged(x) - chain(x)).max() <= (1 + 1) * steps[-1] * chain.rtv


def test_the_mean_of_a_chain_is_weighted_by_mass() -> None:
    merged = RidgeMeasure([[1.0], [1.0]], [0.0, 1e-3], [3.0, 1.0]).merged(1e-2, unit=1.0)
    assert merged.offsets[0] == pytest.approx(0.25e-3, rel=1e-12)


@pytest.mark.parametrize(("offset", "apart"), [(0.2, 1.2e-3), (100.0, 0.12), (-1e4, 12.0)])
def test_links_longer_than_tol_stay(offset: float, apart: float) -> None:
    """The tolerance grows with |t|: tol max(unit, |t|)."""
    measure = RidgeMeasure([[1.0, 0.0]] * 2, [offset, offset + apart], [1.0, -2.0])
    assert len(measure.merged(1e-3, unit=1.0)) == 2
    assert len(measure.merged(1.3e-3, unit=1.0)) == 1


def test_cancelled_spikes_are_dropped_and_their_affine_part_kept() -> None:
    measure = RidgeMeasure([[0.6, 0.8], [-0.6, -0.8]], [0.5, -0.5], [2.0, -2.0], [[1.0, 0.0]], [3.0])
    merged = measure.merged()
    assert len(merged) == 0
    assert merged.rtv == 0
    assert_allclose(merged.skip, [[2.2, 1.6]], rtol=1e-15)
    assert_allclose(merged.constant, [2.0], rtol=1e-15)


def test_a_faint_spike_is_not_mistaken_for_a_cancelled_one() -> None:
    merged = RidgeMeasure([[1.0], [1.0], [1.0]], [0.0, 0.5, 0.5], [1e9, 1e-9, 1e-9]).merged()
    assert merged.masses[:, 0].tolist() == [1e9, 2e-9]


@LAWS
@given(seed=SEEDS, dim=st.integers(1, 4), outputs=st.integers(1, 3))
def test_merging_twice_is_merging_once_and_order_does_not_matter(seed: int, dim: int, outputs: int) -> None:
    rng = np.random.default_rng(seed)
    base = random_measure(rng, 5, dim, outputs)
    pick = rng.integers(5, size=12)
    sign, masses = rng.choice([-1.0, 1.0], 12), rng.standard_normal((12, outputs))
    a, t = base.directions[pick] * sign[:, None], base.offsets[pick] * sign
    merged = RidgeMeasure(a, t, masses).merged()
    again = merged.merged()
    assert len(again) == len(merged) == len(set(pick.tolist()))
    assert again.rtv == pytest.approx(merged.rtv, rel=1e-14)
    shuffle = rng.permutation(12)
    shuffled = RidgeMeasure(a[shuffle], t[shuffle], masses[shuffle]).merged()
    assert shuffled.rtv == pytest.approx(merged.rtv, rel=1e-13)
    same_function(again, merged)
    same_function(shuffled, merged)


def test_normals_in_single_precision_do_not_change_the_function() -> None:
    """Directions are accepted to 1e-6 of unit length; merging must then still keep the function."""
    rng = np.random.default_rng(0)
    a = unit_vectors(rng, 8, 3).astype(np.float32)
    measure = RidgeMeasure(a, rng.uniform(-0.8, 0.8, 8), rng.uniform(1, 2, 8))
    assert np.abs(np.linalg.norm(a.astype(np.float64), axis=1) - 1).max() > 1e-9
    same_function(measure.merged(), measure)


@pytest.mark.parametrize("tol", [-1e-12, np.nan])
def test_tolerance_must_not_be_negative(tol: float) -> None:
    for measure in (RidgeMeasure([[1.0]], [0.0], [1.0]), RidgeMeasure([], [], [], [[1.0]], [0.0])):
        with pytest.raises(ValueError, match=r"^tol: expected a number >= 0, got "):
            measure.merged(tol)


def test_zero_tolerance_still_joins_equal_spikes() -> None:
    assert len(RidgeMeasure([[1.0, 0.0], [-1.0, 0.0]], [0.5, -0.5], [1.0, 1.0]).merged(0)) == 1


def test_a_spike_of_mass_zero_is_dropped() -> None:
    merged = RidgeMeasure([[1.0], [1.0]], [0.1, 0.4], [0.0, 2.0]).merged()
    assert merged.offsets.tolist() == [0.4]


@LAWS
@given(seed=SEEDS, dim=st.integers(1, 5), outputs=st.integers(1, 3))
def test_triangle_inequality_and_homogeneity(seed: int, dim: int, outputs: int) -> None:
    """R-TV(f + c g) <= R-TV(f) + |c| R-TV(g), with equality when no hyperplane is shared."""
    rng = np.random.default_rng(seed)
    f, g, c = random_measure(rng, 4, dim, outputs), random_measure(rng, 3, dim, outputs), float(rng.normal())
    shared = np.concatenate([f.masses, c * f.masses[::-1]])
    overlapping = RidgeMeasure(np.tile(f.directions, (2, 1)), np.tile(f.offsets, 2), shared)
    assert overlapping.merged().rtv <= (1 + abs(c)) * f.rtv * (1 + 1e-14)
    apart = RidgeMeasure(
        np.concatenate([f.directions, g.directions]),
        np.concatenate([f.offsets, g.offsets]),
        np.concatenate([f.masses, c * g.masses]),
    )
    assert apart.merged().rtv == pytest.approx(f.rtv + abs(c) * g.rtv, rel=1e-13)


@LAWS
@given(seed=SEEDS, dim=st.integers(1, 4))
def test_gradients_differ_by_at_most_the_rtv(seed: int, dim: int) -> None:
    """grad f jumps by mass a across each kink, so |grad f(x) - grad f(y)| <= R-TV, by differences inside pieces."""
    rng = np.random.default_rng(seed)
    measure = random_measure(rng, 5, dim)
    x = points_in(rng, 40, dim, 2.0)
    h = 1e-6
    clear = np.abs(x @ measure.directions.T - measure.offsets).min(axis=1) > h
    slopes = np.stack([(measure(x + h * e) - measure(x - h * e)) / (2 * h) for e in np.eye(dim)], axis=1)[clear]
    assert len(slopes) > 20
    jumps = np.linalg.norm(slopes[:, None] - slopes, axis=2)
    assert jumps.max() <= measure.rtv + 1e-8


@LAWS
@given(seed=SEEDS, dim=st.integers(1, 4), outputs=st.integers(1, 2), centred=st.booleans())
def test_restriction_keeps_the_function_on_the_ball_and_what_cuts_it(
    seed: int, dim: int, outputs: int, centred: bool
) -> None:
    rng = np.random.default_rng(seed)
    center = np.zeros(dim) if centred else rng.standard_normal(dim)
    radius = float(rng.uniform(0.1, 1))
    measure = random_measure(rng, 15, dim, outputs)
    restricted = measure.restricted(Ball(radius) if centred else Ball(radius, center))
    x = center + points_in(rng, 100, dim, radius)
    scale = float((measure.sizes * (3 + np.abs(measure.offsets))).sum() + 3 * np.abs(measure.skip).sum())
    assert_allclose(restricted(x), measure(x), rtol=0, atol=ROUNDING * scale)
    cutting = [
        np.linalg.norm(m)
        for a, t, m in zip(measure.directions, measure.offsets, measure.masses, strict=True)
        if (a @ (center + radius * a) - t) * (a @ (center - radius * a) - t) < 0
    ]
    assert len(restricted) == len(cutting)
    assert restricted.rtv == pytest.approx(sum(cutting), rel=1e-13, abs=1e-300)


def test_restriction_folds_both_sides_and_tangent_planes() -> None:
    """Kinks at -2 and -1 are on all over the ball, those at 1 and 2 off; 0.5 stays."""
    measure = RidgeMeasure([[1.0]] * 5, [-2.0, -1.0, 0.5, 1.0, 2.0], [1.0, 10.0, 100.0, 1e3, 1e4])
    restricted = measure.restricted(Ball(1.0))
    assert restricted.offsets.tolist() == [0.5]
    assert restricted.skip.tolist() == [[11.0]]
    assert restricted.constant.tolist() == [12.0]


@pytest.mark.parametrize(
    "measure",
    [
        random_measure(np.random.default_rng(0), 1, 3, 1),
        random_measure(np.random.default_rng(1), 1, 1),
        RidgeMeasure([], [], [], np.zeros((2, 3)), [0.1, -0.2]),
        RidgeMeasure(np.empty((0, 4)), [], []),
        RidgeMeasure([[1.0]], [0.5], [1.0]).restricted(Ball(0.1)),
        RidgeMeasure([[1.0, 0.0]] * 2, [0.5] * 2, [[1.0, 2.0], [-1.0, -2.0]]).merged(),
    ],
    ids=["generic", "line", "empty", "empty, d=4", "restricted away", "cancelled"],
)
def test_repr_rebuilds(measure: RidgeMeasure) -> None:
    again = eval(repr(measure))
    assert again == measure
    assert (again.dim, again.outputs, len(again)) == (measure.dim, measure.outputs, len(measure))


@pytest.mark.parametrize(("spikes", "dim"), [(5, 3), (200, 2), (3, 784)])
def test_the_repr_of_many_numbers_says_how_many(spikes: int, dim: int) -> None:
    said = repr(random_measure(np.random.default_rng(0), spikes, dim, 2))
    assert said.startswith(f"<RidgeMeasure of {counted(spikes, 'spike')} in R^{dim}, 2 outputs, R-TV ")
    assert len(said) <= 300
    assert "\n" not in said


def test_empty_measure_is_affine_and_costs_nothing() -> None:
    measure = RidgeMeasure([], [], [], [[1.0, 2.0]], [3.0])
    assert (len(measure), measure.dim, measure.outputs, measure.rtv) == (0, 2, 1, 0.0)
    assert measure([[1.0, 1.0]]).tolist() == [6.0]
    assert measure.merged() == measure == measure.restricted(Ball(1.0))


def test_equality_is_of_values() -> None:
    one, two = (random_measure(np.random.default_rng(seed), 3, 2) for seed in (0, 1))
    assert one == random_measure(np.random.default_rng(0), 3, 2)
    assert one != two
    assert one != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_fields_are_read_only_copies() -> None:
    given_arrays = {
        "directions": np.eye(2),
        "offsets": np.zeros(2),
        "masses": np.ones((2, 1)),
        "skip": np.ones((1, 2)),
        "constant": np.ones(1),
    }
    measure = RidgeMeasure(**given_arrays)
    for name, array in given_arrays.items():
        before = getattr(measure, name).copy()
        array += 1
        assert np.array_equal(getattr(measure, name), before)
        with pytest.raises(ValueError, match="read-only"):
            getattr(measure, name)[...] = 0
        with pytest.raises(AttributeError):
            setattr(measure, name, array)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (([[1, 1]], [0], [1]), ValueError, "directions: expected unit vectors, got length 1.41421 at row 0"),
        (([[1, 0], [0, 0]], [0, 0], [1, 1]), ValueError, "directions: expected unit vectors, got length 0 at row 1"),
        (([[1, 0]], [0, 0], [1]), ValueError, r"offsets: expected .*\(1,\), got shape \(2,\)"),
        (([1, 0], [0], [1]), ValueError, r"directions: expected .*\(s, d\), got shape \(2,\)"),
        (([[1, 0]], [0], [1, 2]), ValueError, r"masses: expected shape \(1,\) or \(1, outputs\), got \(2"),
        (([[1, 0]], [0], [[[1]]]), ValueError, r"masses: expected shape .*, got \(1, 1, 1\)"),
        (([[1, 0]], [0], [1], [[1, 2, 3]]), ValueError, r"skip: expected .*\(1, 2\), got shape \(1, 3\)"),
        (([[1, 0]], [0], [1], [[1, 2]], [1, 2]), ValueError, r"constant: expected .*\(1,\), got shape \(2,\)"),
        (([[1, 0]], [np.nan], [1]), ValueError, "offsets: expected finite numbers, got 1 non-finite of 1"),
        (([[1, 0]], [0], [np.inf]), ValueError, "masses: expected finite numbers, got 1 non-finite"),
        (([[1, 0], [1]], [0, 0], [1, 1]), ValueError, "directions: expected a regular array"),
        (([[1j, 0]], [0], [1]), TypeError, "directions: expected real numbers, got dtype complex128"),
        ((["ab"], [0], [1]), TypeError, "directions: expected real numbers, got dtype <U2"),
        (([[1, 0]], [0], ["1"]), TypeError, "masses: expected real numbers, got dtype <U1"),
    ],
)
def test_refusals_name_the_argument_and_what_came(arguments: tuple, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}") as caught:
        RidgeMeasure(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("points", [[1.0], [[1.0, 2.0, 3.0]], 1.0])
def test_points_of_another_dimension_are_refused(points: object) -> None:
    with pytest.raises(ValueError, match=r"^points: expected shape \(\.\.\., 2\), got "):
        RidgeMeasure([[1.0, 0.0]], [0.0], [1.0])(points)  # type: ignore[arg-type]


def test_points_must_be_finite() -> None:
    with pytest.raises(ValueError, match=r"^points: expected finite numbers"):
        RidgeMeasure([[1.0, 0.0]], [0.0], [1.0])([[np.nan, 0.0]])


@pytest.mark.parametrize("tol", [1e-12, 1e-6, 1e-3, 1e-2])
@pytest.mark.parametrize("seed", range(6))
def test_merging_moves_the_function_by_no_more_than_it_says(tol: float, seed: int) -> None:
    """Also pairs of opposite masses far away, on both sides of the origin, whose sum of m t the mean does not keep."""
    rng = np.random.default_rng(seed)
    dim, unit, radius = int(rng.integers(1, 4)), 1.0, 2.0
    far = np.repeat(rng.choice([-1.0, 1.0], 12) * 10.0 ** rng.uniform(-1, 6, 12), 2)
    far *= 1 + 0.5 * tol * np.tile([0.0, 1.0], 12)
    a = np.repeat(rng.standard_normal((12, dim)), 2, axis=0)
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    masses = np.repeat(rng.standard_normal(12), 2) * np.tile([1.0, -0.5], 12)
    measure = RidgeMeasure(a, far, masses)
    merged = measure.merged(tol, unit=unit)
    assert len(merged) == 12
    x = rng.standard_normal((200, dim))
    x *= radius * rng.uniform(size=(200, 1)) ** (1 / dim) / np.linalg.norm(x, axis=1, keepdims=True)
    rounding = 1e-14 * (np.abs(masses) * (np.abs(far) + radius)).sum()
    bound = (unit + 2 * radius) * np.expm1(tol) * np.abs(masses).sum()
    assert np.abs(merged(x) - measure(x)).max() <= bound + rounding
