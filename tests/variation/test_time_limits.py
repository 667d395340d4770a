"""Every route keeps to its time limit, and Ctrl-C returns the best result so far or raises."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from decaying_functions import gaussian, pyramid
from radon_nn import RTV, Ball, Cuboid, interpolate, rtv
from radon_nn.fitting.certificate import HyperplaneSearch
from radon_nn.variation.ball_choice import expansion_rtv
from reference import affine_free

_LIMIT = 1.0
_SLACK = 30.0
"""Seconds over the limit that fail the test: alone on a machine none overruns by one, but others may be using it, and
the first call compiles."""


def _narrow_noise(x: np.ndarray) -> np.ndarray:
    """Neither smooth nor piecewise smooth on any scale that halving reaches."""
    time.sleep(len(x) * 5e-6)
    return np.exp(-(x[:, 0] ** 2)) + 1e-3 * np.sin(1e9 * x[:, 0] ** 2)


def _samples(count: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    points = np.random.default_rng(0).standard_normal((count, dim))
    return points, gaussian()(points)


ROUTES: dict[str, Callable[[float], RTV]] = {
    "line": lambda s: rtv(_narrow_noise, domain=Ball(1.0, [0.0]), seconds=s),
    "ball, plane": lambda s: rtv(gaussian(), domain=Ball(1.0), dim=2, tol=1e-9, seconds=s, route="sampling"),
    "ball, space": lambda s: rtv(gaussian(), domain=Ball(1.0), dim=3, tol=1e-9, seconds=s, route="sampling"),
    "ball, d = 5": lambda s: rtv(gaussian(), domain=Ball(1.0), dim=5, tol=1e-9, seconds=s),
    "decaying, plane": lambda s: rtv(pyramid, dim=2, seconds=s),
    "decaying, space": lambda s: rtv(pyramid, dim=3, seconds=s),
    "decaying, d = 4": lambda s: rtv(pyramid, dim=4, seconds=s),
    "samples, plane": lambda s: rtv(_samples(3000, 2), tol=1e-9, seconds=s),
    "samples, space": lambda s: rtv(_samples(600, 3), tol=1e-9, seconds=s),
    "samples, d = 5": lambda s: rtv(_samples(800, 5), tol=1e-9, seconds=s),
}


def every_route(quick: str) -> list[Any]:
    """All routes but one left to the slow tests: each waits for a second."""
    return [pytest.param(route, marks=() if route == quick else pytest.mark.slow) for route in ROUTES]


@pytest.mark.full
@pytest.mark.parametrize("route", every_route("line"))
def test_the_limit_is_kept_with_the_best_result_so_far(route: str) -> None:
    """A fast machine may end some of them within the limit."""
    begin = time.monotonic()
    result = ROUTES[route](_LIMIT)
    assert time.monotonic() - begin < _LIMIT + _SLACK
    assert result.converged or result.verdict == "unresolved"
    assert 0 <= result.lower <= result.value <= result.upper
    assert result.law


@contextmanager
def _pressed_after(seconds: float) -> Iterator[None]:
    """Ctrl-C in this thread after a while, unless the work has ended before."""
    import signal

    timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@pytest.mark.full
@pytest.mark.parametrize("route", every_route("ball, plane"))
def test_control_c_ends_every_route(route: str) -> None:
    """With a result that says so, or, before there is one, with KeyboardInterrupt and nothing else."""
    begin = time.monotonic()
    try:
        with _pressed_after(_LIMIT):
            result = ROUTES[route](math.inf)
    except KeyboardInterrupt:
        result = None
    assert time.monotonic() - begin < _LIMIT + _SLACK
    if result is not None:
        assert result.converged or "interrupted" in result.law
        assert 0 <= result.lower <= result.value <= result.upper


@pytest.mark.full
@pytest.mark.parametrize("call", [3, pytest.param(5, marks=pytest.mark.slow), pytest.param(8, marks=pytest.mark.slow)])
@pytest.mark.parametrize("domain", [Ball(1.0), Cuboid([-1.0, -1.0], [1.0, 1.0])])
def test_control_c_after_the_first_samples_returns_their_bound(domain: Ball | Cuboid, call: int) -> None:
    """On a ball, calls 3 to 8 are those of the profile and of the expansion; on a box, of the ball inside, too."""
    calls = 0

    def pressed(x: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return np.exp(x[:, 0] / 2 + x[:, 1]) + np.cos(2 * x[:, 0])

    result = rtv(pressed, domain=domain, dim=2, tol=0.2, seconds=math.inf)
    assert calls == call
    assert "interrupted" in result.law
    assert not result.converged
    # The R-TV on the disc is 7.38, found by expansion.
    assert 5 < result.lower <= result.value <= result.upper


@pytest.mark.parametrize("dim", [2, 3])
def test_a_search_ends_when_it_is_late(dim: int) -> None:
    """Nothing half done comes out, and the same search may be run again."""
    points = np.random.default_rng(dim).standard_normal((40, dim))
    points /= np.linalg.norm(points, axis=1).max()
    r = affine_free(points, np.random.default_rng(1).standard_normal(40))
    search = HyperplaneSearch(points)
    with pytest.raises(TimeoutError):
        search.strongest(r, time.monotonic() - 1)
    assert search.strongest(r).strength.max() == HyperplaneSearch(points).strongest(r).strength.max()


@pytest.mark.parametrize("count", [20, 400])
def test_no_time_still_gives_a_network_through_the_data(count: int) -> None:
    points, values = _samples(count, 3)
    result = interpolate(points, values, seconds=1e-9)
    assert (result.converged, result.stopped) == (False, "the time was over")
    assert np.abs(result(points) - values).max() < 1e-6
    assert result.lower <= result.rtv


@pytest.mark.parametrize("seconds", [1e-9, 1e-3])
@pytest.mark.parametrize("domain", [Ball(1.0, [0.0]), None])
def test_no_time_still_gives_a_result_on_the_line(seconds: float, domain: Ball | None) -> None:
    result = rtv(lambda x: np.exp(-(x[:, 0] ** 2)), dim=1, domain=domain, seconds=seconds)
    assert 0 <= result.lower <= result.value <= result.upper
    assert result.lower <= 4 * np.sqrt(2 / np.e) * (1 + 1e-12)
    assert result.converged or result.verdict == "unresolved"


@pytest.mark.full
@pytest.mark.parametrize(
    "dim", [1, 2, pytest.param(3, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("each", "seconds"), [(1e-3, 0.5), *(pytest.param(10**-k, 2.0, marks=pytest.mark.slow) for k in (2, 3.5, 4, 4.5))]
)
def test_calls_of_a_slow_function_end_soon_after_the_limit(dim: int, each: float, seconds: float) -> None:
    """By the time spent in the function: of a second and a half per second of the limit at most, and one short call."""
    spent, longest = 0.0, 0.0

    def slow(x: np.ndarray) -> np.ndarray:
        nonlocal spent, longest
        spent, longest = spent + each * len(x), max(longest, each * len(x))
        time.sleep(each * len(x))
        return np.exp(-np.sum(x**2, axis=1) / 2)

    result = rtv(slow, dim=dim, seconds=seconds)
    assert longest <= max(256 * each, 0.5 * seconds)
    assert spent <= 1.5 * seconds + 0.25 + longest
    assert result.converged or result.law
    assert result.lower <= 9.283235 * 1.01


def test_a_function_too_slow_for_its_limit_is_told_how_slow_it_is() -> None:
    def slow(x: np.ndarray) -> np.ndarray:
        time.sleep(1e-3 * len(x))
        return np.exp(-np.sum(x**2, axis=1) / 2)

    result = rtv(slow, dim=2, seconds=0.3)
    assert (result.verdict, result.standing, result.lower, result.upper) == ("unresolved", "unknown", 0.0, math.inf)
    assert "s each: give more seconds, or compute many points at once" in result.law


@pytest.mark.full
@pytest.mark.slow
def test_a_slow_function_is_surveyed_by_fewer_points() -> None:
    """All of the survey would take 19 s."""

    def slow(x: np.ndarray) -> np.ndarray:
        time.sleep(2e-4 * len(x))
        return np.exp(-np.sum(x**2, axis=1) / 2)

    result = rtv(slow, dim=2, seconds=8)
    assert result.verdict == "finite"
    assert result.value == pytest.approx(4.768562, abs=1e-3)


@pytest.mark.parametrize("dim", [2, 3])
def test_no_degree_of_an_expansion_is_started_that_would_end_late(dim: int) -> None:
    """A call for the first degree takes a hundredth of a second; those of the next would take too long."""
    degrees = []

    def slow(x: np.ndarray) -> np.ndarray:
        time.sleep(len(x) * 1e-4)
        degrees.append(len(x))
        return np.sin(40 * x[:, 0] * x[:, 1])

    result = expansion_rtv(slow, Ball(1.0), dim, seconds=1e-3)
    assert (result.verdict, result.standing, result.law) == ("unresolved", "unknown", "the time was over")
    assert (result.lower, result.upper, result.converged) == (0.0, math.inf, False)
    assert len([count for count in degrees if count > 1]) <= 1


@pytest.mark.full
def test_a_ball_ends_with_its_samples_where_an_expansion_would_be_late() -> None:
    """Values take a tenth of a millisecond: the first samples have a bound, degree 94 would take a second and more."""

    def slow(x: np.ndarray) -> np.ndarray:
        time.sleep(len(x) * 1e-4)
        return np.sin(40 * x[:, 0] * x[:, 1])

    result = rtv(slow, domain=Ball(1.0), dim=2, seconds=0.2)
    assert result.verdict == "unresolved"
    assert result.lower > 0
