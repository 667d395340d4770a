"""Options of fits, and arguments of networks, that are no such thing: what was expected, what came, and the remedy."""

from collections.abc import Callable

import numpy as np
import pytest

from radon_nn import (
    Ball,
    DeepNetwork,
    ShallowNetwork,
    choose_decay,
    deep_rtv,
    distance,
    fit,
    fit_path,
    interpolate,
    rtv,
)

X = np.linspace(0.0, 1.0, 6)
Y = np.abs(X - 0.4)
NET = ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.1], [1.0, 2.0])
DEEP = DeepNetwork([ShallowNetwork(np.eye(2), [0.0, 0.1], np.eye(2)), NET])
HERE = Ball(1.0, [0.0, 0.0])

CALLS: list[tuple[Callable[[], object], str]] = [
    (lambda: fit(X, Y, decay=None), "decay: expected a number, got None;"),
    (lambda: fit(X, Y, decay=[0.1]), r"decay: expected a number, got \[0.1\];"),
    (lambda: fit(X, Y, decay=0.1, tol="a"), "tol: expected a number, got 'a';"),
    (lambda: fit(X, Y, decay=0.1, loss="huber", tol=None), "tol: expected a number, got None;"),
    (lambda: fit(X, Y, decay=0.1, progress=3), "progress: expected a function of a line of text, got 3;"),
    (lambda: fit(X, Y, decay=0.1, rng="a"), "rng: expected a whole number >= 0 or a Generator, got 'a';"),
    (lambda: fit(X, Y, decay=0.1, loss="huber", rng=-1), "rng: expected a whole number >= 0 or a Generator, got -1;"),
    (lambda: fit(X, Y * 1e200, decay=0.1, loss="huber"), "values: expected values and sample weights whose squares"),
    (lambda: fit(X, Y, decay=0.1, sample_weight=np.full(6, 1e200)), "values: expected values and sample weights"),
    (lambda: fit(X, [10**8] + [0] * 5, decay=0.1, loss="cross_entropy"), "values: a column for each class up to the "),
    (lambda: fit(X, Y, decay=0.1, affine_decay="a"), "affine_decay: expected a number, got 'a';"),
    (lambda: fit_path(X, Y, decays=0.1), "decays: expected a list of positive numbers, got 0.1;"),
    (lambda: fit_path(X, Y, decays=None), "decays: expected a list of positive numbers, got None;"),
    (lambda: choose_decay(X, Y, decays=[]), "decays: expected at least 1 number, got 0"),
    (lambda: interpolate(X, Y, misfit="a"), "misfit: expected a number, got 'a';"),
    (lambda: distance(NET, NET, HERE, rng=-1), "rng: expected a whole number >= 0 or a Generator, got -1;"),
    (lambda: rtv(DEEP, rng="a"), "rng: expected a whole number >= 0 or a Generator, got 'a';"),
    (lambda: deep_rtv(DEEP, rng="a"), "rng: expected a whole number >= 0 or a Generator, got 'a';"),
    (lambda: rtv(NET, domain=Ball), r"domain: expected Ball\(radius, center\), .*, got the class Ball"),
    (lambda: deep_rtv(DEEP, Ball), "domain: expected a Ball or a Cuboid, got the class Ball;"),
    (lambda: NET.simplify(tol=None), "tol: expected a number, got None;"),
    (lambda: NET.measure("a"), "tol: expected a number, got 'a';"),
    (lambda: NET.output("a"), "output: expected a whole number from 0 to 0, got 'a'"),
    (lambda: NET.named(["a", "b"]), r"names: expected Names, got \['a', 'b'\]; write Names\(\['a', 'b'\]\)"),
    (lambda: DEEP.named("x"), r"names: expected Names, got 'x'; write Names\(\['x'\]\)"),
    (lambda: DEEP.ranks("a"), "tol: expected a number, got 'a';"),
    (lambda: DeepNetwork(NET), r"layers: expected a list of ShallowNetworks, got ShallowNetwork; write one as \[net\]"),
    (lambda: DeepNetwork(None), "layers: expected a list of ShallowNetworks, got NoneType;"),
    (lambda: ShallowNetwork([[1.0]], [0.0], [1.0], activation=""), "activation: expected one of .*; got ''"),
    (lambda: ShallowNetwork.from_measure(NET), r"measure: expected a RidgeMeasure, .*; write network.measure\(\)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "said"), CALLS)
def test_each_says_what_was_expected(call: Callable[[], object], said: str) -> None:
    with pytest.raises((TypeError, ValueError, MemoryError), match=f"^{said}"):
        call()
