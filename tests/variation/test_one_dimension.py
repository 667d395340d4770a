"""R-TV of functions of one variable: closed forms, coverage at all scales, infinite ones, and honest endings."""

import math

import numpy as np
import pytest

from functions_of_one_variable import FAMILIES
from radon_nn import Ball, Cuboid, Hull, rtv
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV
from radon_nn.variation.one_dimension import line_rtv


def of(f, *arguments, **options) -> RTV:
    return line_rtv(lambda x: f(x[:, 0]), *arguments, **options)


HATS = ((-1.9844657, -1.99875186, 0.5014078), (1.63778828, -1.13360614, 0.22412702))
TWO_HATS = sum(4 * abs(height) / half for height, _, half in HATS)
"""They do not overlap."""


def two_hats(x):
    return sum(a * np.maximum(1 - np.abs(x - c) / w, 0) for a, c, w in HATS)


def gaussian(x):
    return np.exp(-(x**2) / 2)


ON_BALL = 4 / math.sqrt(math.e) - 10 * math.exp(-12.5)
"""The Gaussian's on [-5, 5]: the slope rises from 0 at both ends by 5 exp(-12.5) less."""


@pytest.mark.parametrize(
    ("f", "domain", "truth"),
    [
        (np.sin, Ball(math.pi, [0.0]), 4.0),
        (np.exp, Ball(1.0, [0.0]), math.e - 1 / math.e),
        (gaussian, Ball(5.0, [0.0]), ON_BALL),
        (gaussian, None, 4 / math.sqrt(math.e)),
        (two_hats, Ball(5.0, [0.0]), TWO_HATS),
        (two_hats, None, TWO_HATS),
        (np.tanh, None, 2.0),
        (np.abs, None, 2.0),
        (lambda x: np.maximum(x - 0.3, 0), None, 1.0),
        (lambda x: 1 / (1 + x**2), None, 9 / (2 * math.sqrt(3))),
        (lambda x: np.sqrt(1 + x**2), None, 2.0),
        (lambda x: np.abs(x) ** 1.5, Ball(1.0, [0.0]), 3.0),
        (lambda x: gaussian(x) + 3 * x - 7, None, 4 / math.sqrt(math.e)),
        (lambda x: x**2, Hull([[-1.0], [0.2], [3.0]]), 8.0),
        (lambda x: x**2, Cuboid([2.0], [3.0]), 2.0),
    ],
)
def test_closed_forms(f, domain: Domain | None, truth: float) -> None:
    result = of(f, domain)
    assert result.verdict == "finite"
    assert result.converged
    assert result.value == pytest.approx(truth, rel=1e-7)
    assert result.lower <= truth * (1 + 1e-11)
    assert truth * (1 - 1e-11) <= result.upper
    assert rtv(lambda x: f(x[:, 0]), dim=1, domain=domain) == result


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("everywhere", [True, False])
def test_coverage_over_random_functions_at_all_scales(family: str, everywhere: bool) -> None:
    """The truth, known to 1e-10, lies within the bounds, and these within the tolerance."""
    for seed in range(12):
        rng = np.random.default_rng([7, seed])
        known = FAMILIES[family](rng, 10.0 ** rng.uniform(-6, 6))
        result = line_rtv(known.f, None if everywhere else Cuboid([known.low], [known.high]))
        assert result.converged
        assert result.lower <= known.rtv * (1 + 1e-10)
        assert known.rtv * (1 - 1e-10) <= result.upper
        assert result.error <= 1e-6 * result.value


def test_a_few_tens_of_thousands_of_values_are_enough() -> None:
    asked = 0

    def counted(x: np.ndarray) -> np.ndarray:
        nonlocal asked
        asked += x.size
        return np.exp(x)

    result = of(counted, Ball(1.0, [0.0]))
    assert 0 < asked < 100_000
    assert "certified" in result.method
    assert result.refinement is not None


def test_oscillations_a_thousand_times_finer_than_the_envelope() -> None:
    """exp(-x^2/2) cos(k x): to first order in 1/k the envelope's integral times 2 k^2 / pi."""
    k = 1000.0
    result = of(lambda x: gaussian(x) * np.cos(k * x))
    assert result.converged
    assert result.value == pytest.approx(math.sqrt(2 * math.pi) * 2 * k**2 / math.pi, rel=1e-4)


@pytest.mark.parametrize(
    ("f", "domain", "law"),
    [
        (lambda x: 1.0 * (np.abs(x) < 1), None, "h^-1"),
        (lambda x: np.sqrt(np.abs(x)), Ball(1.0, [0.0]), "h^-0.5"),
        (np.sqrt, Cuboid([0.0], [1.0]), "h^-0.5"),
        (lambda x: np.abs(x) ** 0.9, Ball(1.0, [0.0]), ""),
    ],
)
def test_slopes_without_bound_are_infinite(f, domain: Domain | None, law: str) -> None:
    result = of(f, domain)
    assert (result.verdict, result.value, result.upper) == ("infinite", math.inf, math.inf)
    assert law in result.law
    assert result.lower > 10


def test_slopes_that_grow_slowly_without_bound_are_infinite() -> None:
    """Those of |x|^0.97 double over 23 octaves."""
    result = of(lambda x: np.abs(x) ** 0.97, Ball(1.0, [0.0]))
    assert (result.verdict, result.value, result.upper) == ("infinite", math.inf, math.inf)
    assert result.lower > 5


@pytest.mark.parametrize("center", [0.0, 0.25, 1 / 3, 0.1, -0.61])
@pytest.mark.parametrize("power", [1.01, 1.02, 1.05, 1.1, 1.2])
def test_weak_powers_that_cannot_be_told_from_logarithms_are_left_open(power: float, center: float) -> None:
    result = of(lambda x: np.sign(x - center) * np.abs(x - center) ** power, Ball(1.0, [0.0]))
    truth = power * ((1 - center) ** (power - 1) + (1 + center) ** (power - 1))
    assert (result.verdict, result.converged) == ("unresolved", False)
    assert result.lower <= truth


@pytest.mark.parametrize("center", [0.0, 0.1])
def test_logarithms_are_not_called_finite(center: float) -> None:
    result = of(lambda x: (x - center) * np.log(np.abs(x - center) + 1e-300), Ball(1.0, [0.0]))
    assert (result.verdict, result.converged, result.upper) == ("unresolved", False, math.inf)
    assert result.lower > 10


def test_single_precision_has_wider_bars() -> None:
    result = of(lambda x: gaussian(x).astype(np.float32))
    assert result.lower <= 4 / math.sqrt(math.e) <= result.upper
    assert 1e-6 < result.error < 1e-2


def test_half_precision_is_not_taken_for_single() -> None:
    result = of(lambda x: gaussian(x).astype(np.float16), Ball(5.0, [0.0]))
    assert result.verdict != "infinite"
    assert result.lower <= ON_BALL <= result.upper


def test_affine_functions_cost_nothing_on_an_interval() -> None:
    result = of(lambda x: 3 * x + 1, Ball(1.0, [0.0]))
    assert (result.value, result.lower, result.converged) == (0.0, 0.0, True)
    assert of(np.exp, Hull([[0.3]])).value == 0.0


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (np.sin, "becomes affine far away, got another one; give box=.*; f differs by"),
        (lambda x: x**2, "becomes affine far away"),
        (lambda x: 3 * x + 1, "nothing but an affine function was seen"),
        (lambda x: gaussian((x - 100) * 1e4), "nothing but an affine function was seen"),
        (lambda x: np.where(x > 3, np.nan, 0.0), r"got nan at the point \["),
    ],
)
def test_refused_on_the_whole_line(f, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        of(f)


def test_a_box_names_where_f_bends() -> None:
    result = of(lambda x: gaussian((x - 100) * 1e4), box=[[99.0], [101.0]])
    assert result.value == pytest.approx(4e4 / math.sqrt(math.e), rel=1e-6)
    assert of(lambda x: gaussian((x - 100) * 1e4), box=(99, 101)) == result
    with pytest.raises(ValueError, match=r"box: expected an array of shape \(2,\), got shape \(3,\)"):
        of(gaussian, box=(1, 2, 3))
    with pytest.raises(ValueError, match="box: expected low < high"):
        of(gaussian, box=[[1.0], [1.0]])
    with pytest.raises(TypeError, match="a domain or a box, got both"):
        of(gaussian, Ball(1.0), box=[[-1.0], [1.0]])


def noisy_everywhere(x):
    return np.sin(1e9 * x) * np.sin(3e9 * x**2)


def test_time_ends_it_with_the_best_bound() -> None:
    result = of(noisy_everywhere, Ball(1.0, [0.0]), seconds=1.0)
    assert (result.verdict, result.converged) == ("unresolved", False)
    assert result.lower > 1e3
    assert result.law in ("the time was over", "features on too many scales")


def test_an_interrupt_keeps_the_best_bound() -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    result = of(two_hats, progress=stop)
    assert (result.verdict, result.law) == ("unresolved", "interrupted")
    assert 0 <= result.lower <= 45.0608


@pytest.mark.parametrize("power", [0.2, 0.5, 0.7, 0.9, 0.97])
@pytest.mark.parametrize("center", [0.1, -0.37, 0.0])
def test_no_cusp_is_called_finite(power: float, center: float) -> None:
    """|x - c|^p, p < 1: smooth pieces on both sides meet in what looks like a kink at any width."""
    found = line_rtv(lambda x: np.abs(x[:, 0] - center) ** power, Ball(1.0, [0.0]))
    assert found.verdict != "finite"
    assert math.isinf(found.upper)


@pytest.mark.parametrize("digits", [0, 1, pytest.param(3, marks=pytest.mark.slow)])
def test_rounded_values_are_not_called_finite(digits: int) -> None:
    assert line_rtv(lambda x: np.round(x[:, 0] ** 2, digits), Ball(1.0, [0.0])).upper == math.inf


@pytest.mark.parametrize("power", [1.0, 1.1, 1.5])
def test_kinks_and_weak_singularities_stay_finite(power: float) -> None:
    found = line_rtv(lambda x: np.abs(x[:, 0] - 0.1) ** power, Ball(1.0, [0.0]))
    truth = power * (1.1 ** (power - 1) + 0.9 ** (power - 1))
    assert found.verdict == "finite"
    assert found.lower * (1 - 1e-12) <= truth <= found.upper * (1 + 1e-12)


OSCILLATIONS = {
    "a wave": lambda x, w, p: np.sin(w * x + p),
    "a wave of a wave": lambda x, w, p: np.sin(w * np.sin(w * x + p)),
    "a chirp": lambda x, w, p: np.sin(w * x**3 + p),
    "beside a slope": lambda x, w, p: 100 * x + np.sin(w * np.sin(w * x + p)),
    "small beside a Gaussian": lambda x, w, p: gaussian(3 * x) + 1e-3 * np.sin(w * np.sin(w * x + p)),
}


EACH = [pytest.param(name, marks=pytest.mark.slow if name in ("a wave", "a chirp") else ()) for name in OSCILLATIONS]
"""Waves and chirps take two seconds each: they are halved until there are 65 536 pieces."""


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_oscillations_finer_than_all_probes_are_unresolved(name: str, everywhere: bool, seed: int) -> None:
    """The least of the variations, of sin(w x^3 + p) on [-1, 1], is about 9 w^2 / 5 times the mean of |sin|."""
    rng = np.random.default_rng([seed, everywhere])
    w, p = 10.0 ** rng.uniform(7.0, 12.0), rng.uniform(0.0, 2 * math.pi)
    f = OSCILLATIONS[name]
    result = of(lambda x: gaussian(x) * f(x, w, p)) if everywhere else of(lambda x: f(x, w, p), Ball(1.0, [0.0]))
    assert (result.verdict, result.converged, result.upper) == ("unresolved", False, math.inf)
    assert 0 <= result.lower <= w**2


def test_errors_beyond_rounding_are_said_in_what_was_assumed() -> None:
    """Noise of 1e-9, of which no step shows more: the value is finite, and the result says what it rests on."""
    result = of(lambda x: gaussian(x) + 1e-9 * np.modf(np.sin(1.23456789e15 * x) * 43758.5453)[0])
    assert result.verdict == "finite"
    assert result.lower <= 4 / math.sqrt(math.e) <= result.upper
    assert "that f's values have errors of about" in result.conditions


def test_steps_of_single_precision_inside_f_are_not_called_infinite() -> None:
    result = of(lambda x: gaussian(x.astype(np.float32)).astype(np.float64))
    assert (result.verdict, result.converged) == ("unresolved", False)
    assert result.lower <= 4 / math.sqrt(math.e)
    assert "more than rounding explains" in result.law


@pytest.mark.parametrize("slope", [0.0, 1.0, -300.0])
def test_a_large_affine_part_costs_digits_but_is_never_taken_for_a_jump(slope: float) -> None:
    truth = 4 / math.sqrt(math.e)
    for size in 10.0 ** np.arange(13):
        try:
            result = of(lambda x, size=size: gaussian(x) + slope * x + size)
        except ValueError:  # nothing but an affine function is seen: rounding hides the bump
            assert size > 1e10
            continue
        assert result.verdict == "finite" or (result.verdict == "unresolved" and size > 1e6)
        assert result.lower <= truth <= result.upper


def cancelling(seed: int) -> tuple[Function, float]:
    """A sum of ReLUs, some kinks of which nearly coincide, with an offset added and taken away, and its R-TV."""
    rng = np.random.default_rng([17, seed])
    n = int(10 ** rng.uniform(0, 2.48))
    at, height = rng.uniform(-0.95, 0.95, n), rng.standard_normal(n)
    pairs = int(rng.integers(0, min(n, 5) + 1))
    beside = -height[:pairs] if rng.random() < 0.6 else rng.standard_normal(pairs)
    most = pairs if pairs and rng.random() < 0.5 else n
    at = np.concatenate([at[:most], at[:pairs] + 10.0 ** rng.uniform(-12, -2, pairs)])
    height = np.concatenate([height[:most], beside])
    offset = rng.choice([0.0, 0.0, 10.0 ** rng.uniform(-3, 6)])
    return lambda x: (np.clip(x - at, 0, None) @ height + offset) - offset, float(np.abs(height).sum())


CANCELLING = [*range(12), 66, 201, *(pytest.param(k, marks=pytest.mark.slow) for k in range(12, 66))]


@pytest.mark.parametrize("seed", CANCELLING)
def test_terms_that_cancel_never_raise_the_lower_bound_nor_look_infinite(seed: int) -> None:
    f, truth = cancelling(seed)
    result = line_rtv(f, Ball(1.0, [0.0]))
    assert result.verdict != "infinite"
    assert result.lower <= truth * (1 + 1e-12)


@pytest.mark.parametrize("gap", [1e-3, 1e-5, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12])
def test_two_kinks_that_nearly_coincide(gap: float) -> None:
    result = of(lambda x: np.maximum(x - 0.1, 0) - np.maximum(x - 0.1 - gap, 0), Ball(1.0, [0.0]))
    assert result.lower <= 2
    assert result.upper >= 2
    assert (result.verdict, result.converged) == (("finite", True) if gap >= 1e-7 else ("unresolved", False))


@pytest.mark.parametrize("size", [1e6, 1e9, 1e12])
def test_what_a_large_number_hides_is_not_certified(size: float) -> None:
    result = of(lambda x: (gaussian(x) + size) - size, None, seconds=2.0)
    assert result.verdict != "infinite"
    assert result.lower <= 4 / math.sqrt(math.e) <= result.upper


@pytest.mark.parametrize("power", [0.7, 0.9, 0.999])
@pytest.mark.parametrize("center", [0.0, 1 / math.pi, 0.25, -0.4])
def test_one_sided_cusps_are_not_called_finite(power: float, center: float) -> None:
    result = of(lambda x: np.maximum(x - center, 0) ** power, Cuboid([-1.0], [1.3]))
    assert result.verdict != "finite"
    assert math.isinf(result.upper)


def test_oscillations_that_do_not_end_are_not_called_finite() -> None:
    """The slope of x^3 sin(1/x) varies by about as much in each octave."""
    result = of(lambda x: x**3 * np.sin(1 / np.where(x == 0, 1, x)), Cuboid([-0.3], [1.0]))
    assert result.verdict != "finite"
    assert math.isinf(result.upper)


@pytest.mark.parametrize("power", [1.3, 1.5, 1.7, 1.9])
@pytest.mark.parametrize("center", [0.25, 1 / 3, -0.61])
def test_what_singular_places_hold_is_within_the_error(power: float, center: float) -> None:
    result = of(lambda x: np.sign(x - center) * np.abs(x - center) ** power, Ball(1.0, [0.0]))
    truth = power * ((1 - center) ** (power - 1) + (1 + center) ** (power - 1))
    assert result.lower <= truth <= result.upper


def test_a_logarithm_at_the_end_is_within_the_error() -> None:
    result = of(lambda x: x**2 * np.log(x + 1e-300), Cuboid([0.0], [1.0]))
    assert result.lower <= 1 + 4 * math.exp(-1.5) <= result.upper
