"""Deep networks of one input that touch their kinks: bounds that hold the R-TV in rational arithmetic."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from radon_nn import Cuboid, DeepNetwork, ShallowNetwork, kinks, rtv

Affine = tuple[Fraction, Fraction]


def rows(matrix: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(x) for x in row] for row in matrix.tolist()]


def times(matrix: list[list[Fraction]], state: list[Affine]) -> list[Affine]:
    zero = Fraction(0)
    return [
        (sum((w * s for w, (s, _) in zip(row, state, strict=True)), zero),
         sum((w * c for w, (_, c) in zip(row, state, strict=True)), zero))
        for row in matrix
    ]  # fmt: skip


def plus(first: list[Affine], second: list[Affine]) -> list[Affine]:
    return [(a + c, b + d) for (a, b), (c, d) in zip(first, second, strict=True)]


def variation(network: DeepNetwork, low: float, high: float) -> float:
    """The variation of the slope on an interval, of the first output, without rounding."""
    cells = [(Fraction(low), Fraction(high), [(Fraction(1), Fraction(0))])]
    for layer in network.layers:
        slope, level = map(Fraction, layer.activation.pieces)
        bends = [(Fraction(place), Fraction(jump)) for place, jump in layer.activation.kinks]
        weights, readout, skip = map(rows, (layer.weights, layer.readout, layer.skip))
        biases = [(Fraction(0), Fraction(b)) for b in layer.biases.tolist()]
        constant = [(Fraction(0), Fraction(c)) for c in layer.constant.tolist()]
        cut = []
        for a, b, state in cells:
            z = plus(times(weights, state), biases)
            inner = {(place - c) / s for s, c in z if s for place, _ in bends}
            for p, q in pairwise([a, *sorted(x for x in inner if a < x < b), b]):
                middle = (p + q) / 2
                out = []
                for s, c in z:
                    steep = slope + sum(jump for place, jump in bends if s * middle + c > place)
                    start = level - sum(jump * place for place, jump in bends if s * middle + c > place)
                    out.append((steep * s, steep * c + start))
                cut.append((p, q, plus(plus(times(readout, out), times(skip, state)), constant)))
        cells = cut
    slopes = [state[0][0] for _, _, state in cells]
    return float(sum((abs(b - a) for a, b in pairwise(slopes)), Fraction(0)))


def one(weight: float, bias: float, out: float = 1.0, activation: str = "relu", **more: list[float]) -> ShallowNetwork:
    return ShallowNetwork([[weight]], [bias], [out], activation=activation, **more)


FORMS: dict[str, Callable[[float, float, float], list[ShallowNetwork]]] = {
    "relu(-k relu(s x + t))": lambda s, t, k: [one(s, t), one(-k, 0.0)],
    "relu(-k |s x + t|)": lambda s, t, k: [one(s, t, activation="abs"), one(-k, 0.0)],
    "relu(-relu(s x) - relu(-s x))": lambda s, t, k: [ShallowNetwork([[s], [-s]], [t, -t], [1.0, 1.0]), one(-k, 0.0)],
    "relu(b - relu(s x + t) - b)": lambda s, t, k: [one(s, t, constant=[k]), one(-1.0, k)],
    "hard_tanh(2 hard_tanh(s x + t) + 3)": lambda s, t, k: [
        one(s, t, activation="hard_tanh"),
        one(2.0, 3.0, activation="hard_tanh"),
    ],
    "hard_tanh(k hard_tanh(s x + t) + (1 + k))": lambda s, t, k: [
        one(s, t, activation="hard_tanh"),
        one(k, 1.0 + k, activation="hard_tanh"),
    ],
    "f - f": lambda s, t, k: [
        ShallowNetwork([[s], [s]], [t, t], np.eye(2)),
        ShallowNetwork([[k, 0.0], [0.0, k]], [-0.3, -0.3], [1.0, -1.0]),
    ],
    "relu(-k relu(s x + t)) + relu(s x + t + 1)": lambda s, t, k: [
        ShallowNetwork([[s], [s]], [t, t + 1.0], np.eye(2)),
        ShallowNetwork([[-k, 0.0], [0.0, 1.0]], [0.0, 0.0], [1.0, 1.0]),
    ],
    "relu(relu(s x + t))": lambda s, t, k: [one(s, t), one(k, 0.0)],
    "relu(k x) and k relu(x), nearly": lambda s, t, k: [
        ShallowNetwork([[s], [s * k]], [t, t * k], np.eye(2)),
        ShallowNetwork([[k, 0.0], [0.0, 1.0]], [-k / 3, -k / 3], [1.0, -1.0]),
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_bounds_hold_what_rational_arithmetic_finds(form: str) -> None:
    rng = np.random.default_rng(len(form))
    for trial in range(60):
        s, k = 10 ** rng.uniform(-6, 6, 2) if trial % 2 else np.round(rng.uniform(0.1, 3, 2), 2)
        t = s * float(rng.choice([0.0, 1.0, np.round(rng.uniform(-0.2, 0.2), 2)]))
        network = DeepNetwork(FORMS[form](float(s), t, float(k)))
        low, high = np.round(rng.uniform(-3, -0.2), 2), np.round(rng.uniform(0.2, 3), 2)
        for domain in (Cuboid([low], [high]), Cuboid([-1e7], [1e7])):
            truth = variation(network, domain.lower[0], domain.upper[0])
            found = rtv(network, domain=domain)
            room = 1e-9 * truth if found.standing == "exact" else 1e-300
            assert found.lower - room <= truth <= found.upper + room, (s, t, k, domain, found, truth)
            assert kinks(network, domain).total == pytest.approx(truth, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("layers", [2, 3])
def test_bounds_hold_of_random_networks_without_biases(layers: int) -> None:
    """All first kinks are at 0, and every later layer has its own ties there."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        sizes = [1, *[5] * layers]
        parts = [
            ShallowNetwork(rng.standard_normal((5, n)), np.zeros(5), np.eye(5), activation=["relu", "abs"][seed % 2])
            for n in sizes[:-1]
        ]
        parts.append(ShallowNetwork(rng.standard_normal((3, 5)), [0.0, 0.3, 0.0], rng.standard_normal((1, 3))))
        network, domain = DeepNetwork(parts), Cuboid([-2.9], [0.7])
        found, truth = rtv(network, domain=domain), variation(network, -2.9, 0.7)
        assert found.value == pytest.approx(truth, rel=1e-12)
        assert found.standing == "exact"


@pytest.mark.parametrize("apart", [0.0, 1e-16, 2.3e-16, 5e-15, 1e-14, 1e-13, 1e-12, 1e-9])
def test_opposite_kinks_all_but_coincident_have_bounds_that_hold_both_answers(apart: float) -> None:
    last = ShallowNetwork([[1.0], [1.0]], [-1.0, -1.0 - apart], [1.0, -1.0])
    found = rtv(DeepNetwork([one(1.0, 0.0), last]))
    assert found.lower <= (0.0 if -1.0 - apart == -1.0 else 2.0) <= found.upper
    assert found.lower == 0 or apart >= 1e-12


def test_places_that_take_too_much_work_have_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radon_nn.kink_lines._line_kinks._WORK", 0.0)
    found = rtv(DeepNetwork([one(1.95, 0.0), one(-1.0, 0.0)]), domain=Cuboid([-2.89], [0.25]))
    assert found.standing == "estimated"
    assert found.lower == 0.0
