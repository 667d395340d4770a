"""Sums that nearly cancel: the truth lies within the bar, at every distance and scale, and 'exact' is right."""

import math

import numpy as np
import pytest

from radon_nn import Ball, Bump, ClosedForm, Gaussian, Norm, Profile, Ridge, Sum


def pair(kind: str, dim: int, step: float, unit: float, size: float) -> ClosedForm:
    """A function less itself with a width, or a place, changed by a small step; in units of x and of f."""
    middle = np.zeros(dim)
    if kind == "width":
        return Gaussian(middle, unit**2, size) - Gaussian(middle, unit**2 * (1 + step), size)
    if kind == "place":
        return Gaussian(middle, unit**2, size) - Gaussian(step * unit * np.eye(1, dim)[0], unit**2, size)
    if kind == "bump":
        return Bump(middle, unit, 3.3, size) - Bump(middle, unit * (1 + step), 3.3, size)
    weight = np.eye(1, dim)[0] / unit
    return Ridge(weight, 0.3, kind, size) - Ridge(weight * (1 + step), 0.3, kind, size)


KINDS = [("width", 1), ("width", 2), ("width", 3), ("place", 1), ("bump", 2), ("tanh", 2), ("gelu", 1)]


@pytest.mark.parametrize(("kind", "dim"), KINDS)
def test_the_truth_lies_within_the_bar(kind: str, dim: int) -> None:
    """R-TV / step has a limit: from steps that cancel little, by a straight line, it is known to 1e-7."""
    steps = 2.0 ** -np.arange(12, 15)
    rates = [float(pair(kind, dim, step, 1.0, 1.0).rtv()) / step for step in steps]
    line = np.polynomial.Polynomial.fit(steps, rates, 2)
    rng = np.random.default_rng(dim)
    for _ in range(12):
        unit, size = 2.0 ** rng.integers(-40, 41, 2)
        step = float((1 + 10 ** rng.uniform(-15.9, -5)) - 1)
        found = pair(kind, dim, step, unit, size).rtv()
        want = line(step) * step * size / unit
        assert found.verdict == "finite"
        assert found.lower <= want * (1 + 1e-7)
        assert want * (1 - 1e-7) <= found.upper
        if found.standing == "exact":
            assert found.value == pytest.approx(want, rel=1e-7)


def test_bars_are_a_few_roundings_of_the_terms() -> None:
    for kind, dim in KINDS:
        f = pair(kind, dim, 1e-13, 1.0, 1.0)
        assert isinstance(f, Sum)
        found = f.rtv()
        assert found.standing == "estimated"
        few = 200 if kind == "bump" else 100  # tables end 1e-9 from the edge, which costs 100 more
        assert 0 < found.error < few * np.finfo(float).eps * sum(float(g.rtv()) for g in f.terms)


def test_infinite_terms_cancel_only_if_equal() -> None:
    disc = Bump([0.0, 0.0], 1.0, 1.2)
    assert (disc - disc).rtv().value == 0
    for apart in (1e-13, 1e-9, 0.1):
        assert (disc - Bump([0.0, 0.0], 1.0 + apart, 1.2)).rtv().verdict == "infinite"
        assert (disc - Bump([apart, 0.0], 1.0, 1.2)).rtv().verdict == "infinite"
    assert (disc - Bump([0.0, 0.0], 1.0 + 2**-52, 1.2)).rtv().verdict in ("infinite", "unresolved")
    third = Bump([0.0, 0.0], 1.0 + 2**-52, 1.2)
    assert (disc - third + Bump([3.0, 0.0], 1.0, 1.2)).rtv().verdict == "infinite"


def test_masses_at_different_hyperplanes_add_however_close() -> None:
    for apart in (1e-13, 1e-9):
        f = Ridge([1.0, 0.0], 1.0) - Ridge([1.0, 0.0], 1.0 + apart)
        assert (f.rtv().standing, f.rtv().value) == ("exact", 2.0)
        g = Ridge([1.0, 0.0]) - Ridge([1.0, apart])
        assert (g.rtv().standing, g.rtv().value) == ("exact", 2.0)
        h = Norm([0.0, 0.0]) - Norm([apart, 0.0])
        assert (h.rtv().standing, h.rtv().value) == ("exact", 2 * float(Norm([0.0, 0.0]).rtv()))
    for f in (
        Ridge([1.0, 0.0], 1.0) - Ridge([1.0, 0.0], 1.0 + 2**-51),
        Ridge([1.0, 0.0]) - Ridge([1.0, 2**-51]),
        Norm([1.0, 0.0]) - Norm([1.0 + 2**-51, 0.0]),
    ):
        found = f.rtv()
        assert found.lower == pytest.approx(0, abs=1e-12)
        assert found.upper >= 2 * (1 - 1e-12)
        assert found.standing != "exact"


def test_profiles_of_one_name_may_differ() -> None:
    def half(slope: float) -> Profile:
        return Profile(
            "mine", lambda u: slope * np.sqrt(1 + u**2), lambda u: slope * (1 + u**2) ** -1.5, scale=1.0, reach=4e4
        )

    f = Ridge([1.0], 0.0, half(1.0)) - Ridge([1.0], 0.0, half(3.0))
    assert float(f.rtv()) == pytest.approx(4, rel=1e-6)


@pytest.mark.parametrize("apart", [1e-14, 1e-13, 1e-11])
def test_near_cancellation_on_a_ball(apart: float) -> None:
    """Radial terms have a bar; terms that are radial about centers not quite the same have no closed form."""
    f = Gaussian([0.0, 0.0], 0.3) - Gaussian([0.0, 0.0], 0.3 * (1 + apart))
    rate = float((Gaussian([0.0, 0.0], 0.3) - Gaussian([0.0, 0.0], 0.3 * (1 + 2**-20))).rtv(domain=Ball(1.0))) * 2**20
    found = f.rtv(domain=Ball(1.0))
    step = 0.3 * (1 + apart) / 0.3 - 1
    assert found.lower - 1e-15 <= step * rate <= found.upper + 1e-15
    assert (Gaussian([0.0, 0.0]) - Gaussian([apart, 0.0])).rtv_on(Ball(1.0)) is None or apart < 2e-14
    small = Ridge([1.0, 0.0], 0.0, "tanh").rtv(domain=Ball(1e-9, [0.3, 0.0]))
    want = 2 * 2e-9 * math.tanh(0.3) / math.cosh(0.3) ** 2
    assert small.lower <= want * (1 + 1e-9)
    assert want * (1 - 1e-9) <= small.upper
    assert small.standing != "exact"


def test_logarithms_at_edges_that_nearly_coincide_have_a_bar() -> None:
    """A bump of power 2.5 in the plane: R-TV / step grows by 69.08 a decade, and tables end 1e-9 from the edge."""

    def shrunk(step: float) -> ClosedForm:
        return Bump([0.0, 0.0], 1.0, 2.5) - Bump([0.0, 0.0], 1.0 + step, 2.5)

    first, second = (float(shrunk(2.0**-k).rtv()) * 2.0**k for k in (16, 20))
    for decade in (7, 8, 9, 10, 12):
        step = (1 + 10.0**-decade) - 1
        want = (second + (second - first) / 4 * (-math.log2(step) - 20)) * step
        found = shrunk(step).rtv()
        assert found.lower <= want * (1 + 1e-4)
        assert want * (1 - 1e-4) <= found.upper
