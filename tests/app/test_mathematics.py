"""The page's JavaScript against Python's numbers."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from javascript_modules import Module
from playground_pages import launched
from radon_nn import Directions, Ellipsoid, Grid, Offsets, RadonTransform, RidgeMeasure, fit
from radon_nn.app.messages import ACTIVATIONS, Drawn
from radon_nn.app.networks import network_of, packed
from requests_of_the_playground import random_data

pytestmark = [pytest.mark.slow, pytest.mark.full]
REACH = 1.45


@pytest.fixture(scope="module")
def module() -> Iterator[Module]:
    playwright, chromium = launched()
    yield Module(chromium.new_page(), "mathematics", "certificates", "state")
    chromium.close()
    playwright.stop()


def square(n: int) -> np.ndarray:
    """Points of the square, as the page samples it."""
    axis = np.linspace(-1, 1, n)
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks(module: Module, activation: str) -> None:
    rng = np.random.default_rng(0)
    neurons = np.column_stack([rng.uniform(-4, 7, 6), rng.normal(size=6), rng.normal(size=6)])
    drawn = Drawn(*neurons.T, activation, 3.0, rng.normal(size=2), 0.7)
    network = {"spikes": neurons.tolist(), "activation": activation, "steepness": 3.0, "constant": 0.7}
    network["skip"] = drawn.skip.tolist()
    expected = network_of(drawn)(square(9))
    sampled = np.reshape(module.call("sampled(network, 9)", network=network), (9, 9))
    np.testing.assert_allclose(sampled, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        module.call("valueAt(network, 0.3, -0.6)", network=network), network_of(drawn)([0.3, -0.6])
    )


def test_there_is_a_formula_for_each_activation(module: Module) -> None:
    assert module.call("Object.keys(ACTIVATIONS)") == list(ACTIVATIONS)


def test_the_landscape_of_the_certificate(module: Module) -> None:
    data = np.array(random_data(np.random.default_rng(1), 15))
    best = fit(data[:, :2], data[:, 2], decay=0.05)
    dual = np.column_stack([best.points, best.dual])
    landscape = np.reshape(module.call("certificate(dual, 40, 33)", dual=dual.tolist()), (40, 33))
    angles, offsets = np.pi * np.arange(40) / 40, np.linspace(-REACH, REACH, 33)
    heights = best.points @ np.array([np.cos(angles), np.sin(angles)])
    expected = np.einsum("i,ijk->jk", best.dual, np.maximum(heights[:, :, None] - offsets, 0))
    np.testing.assert_allclose(landscape, expected, atol=1e-5)
    assert np.abs(landscape).max() <= 1 + 1e-5


def test_the_certificate_of_the_best_network_is_its_residuals(module: Module) -> None:
    data = np.array(random_data(np.random.default_rng(6), 12))
    best = fit(data[:, :2], data[:, 2], decay=0.05, tol=1e-9)
    order = [int(np.flatnonzero((data[:, :2] == point).all(axis=1))[0]) for point in best.points]
    given = {"network": as_drawn(best.measure), "data": data[order].tolist()}
    dual = np.array(module.call("dualOf(network, data, 0.05)", **given))
    np.testing.assert_allclose(dual[:, :2], best.points)
    # The bound's own dual is scaled so that F is nowhere beyond 1; the gap bounds the difference.
    np.testing.assert_allclose(dual[:, 2], best.dual, atol=2e-3)
    largest = module.call("landscape(dualOf(network, data, 0.05)).largest", **given)
    assert abs(abs(largest["F"]) - 1) < 1e-3


def as_drawn(measure: RidgeMeasure) -> dict[str, Any]:
    """A network as the page holds it."""
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    spikes = np.column_stack([angles, measure.offsets, measure.masses[:, 0]]).tolist()
    affine = {"skip": measure.skip[0].tolist(), "constant": float(measure.constant[0])}
    return {"spikes": spikes, "activation": "relu", "steepness": 1, **affine}


def cost(spikes: np.ndarray, data: np.ndarray, decay: float) -> float:
    """Half the squared errors once the affine part fits best, and the decay times the masses."""
    normals = np.array([np.cos(spikes[:, 0]), np.sin(spikes[:, 0])])
    rest = data[:, 2] - np.maximum(data[:, :2] @ normals - spikes[:, 1], 0) @ spikes[:, 2]
    affine = np.column_stack([np.ones(len(data)), data[:, :2]])
    rest -= affine @ np.linalg.lstsq(affine, rest, rcond=None)[0]
    return rest @ rest / 2 + decay * np.abs(spikes[:, 2]).sum()


def test_what_a_new_neuron_saves_is_the_difference_of_the_costs(module: Module) -> None:
    rng = np.random.default_rng(7)
    data, decay = np.array(random_data(rng, 9)), 0.3
    spikes = np.column_stack([rng.uniform(0, np.pi, 3), rng.uniform(-0.5, 0.5, 3), rng.normal(size=3)])
    network = {"spikes": spikes.tolist(), "activation": "relu", "steepness": 1, "skip": [0.3, -1], "constant": 2}
    call = "offer(dualOf(network, data, decay), decay, angle, offset, mass)"
    for angle, offset, held in [*((*spikes[k, :2], spikes[k, 2]) for k in range(3)), (0.7, 0.1, 0.0), (2.0, -0.3, 0.0)]:
        given = {"network": network, "data": data.tolist(), "decay": decay}
        offered = module.call(call, **given, angle=angle, offset=offset, mass=held)
        np.testing.assert_allclose(offered["held"] * offered["unit"], held, atol=1e-12)
        for mass in rng.normal(size=3):
            u = mass / offered["unit"]
            saved = offered["F"] * u - u * u / 2
            paid = abs(offered["held"] + u) - abs(offered["held"])
            more = np.vstack([spikes, [angle, offset, mass]])
            if held:
                more = spikes.copy()
                more[np.flatnonzero(spikes[:, 2] == held)[0], 2] += mass
            # Costs of the chart are in units of decay times the unit of mass.
            change = cost(more, data, decay) - cost(spikes, data, decay)
            np.testing.assert_allclose(change, (paid - saved) * decay * offered["unit"], atol=1e-9)
    # With all data on one side a neuron is affine there.
    beyond = module.call(call, network=network, data=data.tolist(), decay=decay, angle=0.7, offset=-2, mass=0)
    assert (abs(beyond["F"]) < 1e-9, beyond["curved"]) == (True, False)


def test_masses_are_weighed_to_the_least_cost(module: Module) -> None:
    data = np.array(random_data(np.random.default_rng(8), 12))
    best = fit(data[:, :2], data[:, 2], decay=0.1, tol=1e-9)
    network = as_drawn(best.measure)
    lines = [[*row[:2], 0.5] for row in network["spikes"]] + [[1.0, 0.2, 3.0], [2.0, 0.1, -1.0]]
    start = {**network, "spikes": lines, "skip": [0, 0], "constant": 0}
    weighed = module.call("weighed(network, data, 0.1)", network=start, data=data.tolist())
    spikes = np.array(weighed["spikes"])
    np.testing.assert_allclose(cost(spikes, data, 0.1), best.objective, rtol=1e-5)
    # Its affine part is the best one.
    normals = np.array([np.cos(spikes[:, 0]), np.sin(spikes[:, 0])])
    values = np.maximum(data[:, :2] @ normals - spikes[:, 1], 0) @ spikes[:, 2]
    values += data[:, :2] @ weighed["skip"] + weighed["constant"]
    errors = values - data[:, 2]
    np.testing.assert_allclose(errors @ errors / 2 + 0.1 * np.abs(spikes[:, 2]).sum(), best.objective, rtol=1e-5)
    # Data on a line leave fewer affine functions, and nothing breaks.
    row = [[x, 0.5 * x, x * x] for x in (-0.6, 0.1, 0.4, 0.8)]
    for values in module.call("weighed(network, data, 0.01)", network=start, data=row)["spikes"]:
        assert np.isfinite(values).all()


def test_lines(module: Module) -> None:
    rng = np.random.default_rng(2)
    for angle, offset in zip(rng.uniform(-10, 10, 50), rng.uniform(-1.6, 1.6, 50), strict=True):
        normal = np.array([np.cos(angle), np.sin(angle)])
        ends = module.call("chord(angle, offset)", angle=angle, offset=offset)
        if ends is None:
            assert abs(offset) > np.abs(normal).sum() - 1e-9
        else:
            corners = np.reshape(ends, (2, 2))
            np.testing.assert_allclose(corners @ normal, offset, atol=1e-12)
            np.testing.assert_allclose(np.abs(corners).max(axis=1), 1)
        angle_there, offset_there = module.call("folded(angle, offset)", angle=angle, offset=offset)
        assert 0 <= angle_there < np.pi
        other = np.array([np.cos(angle_there), np.sin(angle_there)])
        np.testing.assert_allclose(offset_there * other, offset * normal, atol=1e-12)
        x = rng.normal(size=2)
        np.testing.assert_allclose(module.call("offsetOf(a, x, y)", a=angle, x=x[0], y=x[1]), normal @ x, atol=1e-12)


DISCS = [[-0.1, 0.05, 0.8, 0.4], [0.3, -0.3, 0.3, -0.3]]


def test_sinograms_the_ramp_and_backprojection(module: Module) -> None:
    radon = RadonTransform(Grid.cube(65), Directions.half_circle(60), Offsets.covering(Grid.cube(65)))
    offsets = radon.offsets
    call = {"discs": DISCS, "first": float(offsets.values[0]), "step": float(offsets.step), "m": offsets.count}
    sinogram = np.reshape(module.call("sinogramOfDiscs(discs, 60, m, first, step)", **call), radon.sinogram_shape)
    balls = [Ellipsoid.ball([x, y], radius, value) for x, y, radius, value in DISCS]
    phantom = balls[0] + balls[1]
    np.testing.assert_allclose(sinogram, phantom.radon(radon.directions, offsets), atol=1e-6)
    call["numbers"] = sinogram.ravel().tolist()
    filtered = np.reshape(module.call("rampFiltered(numbers, 60, m, step)", **call), radon.sinogram_shape)
    np.testing.assert_allclose(filtered, radon.filter(sinogram), atol=1e-4 * np.abs(filtered).max())
    call["numbers"] = filtered.ravel().tolist()
    picture = module.call("backprojected(Float32Array.from(numbers), 60, m, first, step, 33, 60, 60)", **call)
    points = square(33)
    truth = phantom(points)
    inside = np.ones((33, 33), bool)
    for x, y, r, _ in DISCS:
        inside &= np.abs(np.hypot(points[..., 0] - x, points[..., 1] - y) - r) > 0.15
    assert np.abs(np.reshape(picture, (33, 33)) - truth)[inside].max() < 0.05
    # Of all angles the first few, and some of them: the same as Python's sum over these.
    part = np.reshape(
        module.call("backprojected(Float32Array.from(numbers), 60, m, first, step, 33, 12, 5)", **call), (33, 33)
    )
    expected = np.zeros((33, 33))
    for k in range(0, 25, 5):
        place = points @ radon.directions.normals[k]
        expected += 2 * np.pi / 12 * np.interp(place, offsets.values, filtered[k], left=0, right=0)
    np.testing.assert_allclose(np.reshape(part, (33, 33)), expected, atol=1e-4)


def test_packed_numbers(module: Module) -> None:
    values = np.random.default_rng(3).normal(size=(3, 4)).astype(np.float32)
    sent = packed(values)
    assert base64.b64decode(sent["base64"]) == values.tobytes()
    np.testing.assert_array_equal(np.reshape(module.call("unpacked(text)", text=sent["base64"]), (3, 4)), values)


def test_links(module: Module) -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        state: dict[str, Any] = {"data": [[*row, 0.5] for row in np.round(random_data(rng, 200), 4).tolist()]}
        state |= {"decay": 0.02, "neurons": rng.normal(size=(3, 3)).round(3).tolist(), "background": "sinogram"}
        read = module.call("decoded(encoded(checked(state)))", state=state)
        assert {key: read[key] for key in state} == state
    for damaged in ("", "#s=", "#s=abc", "#s=" + "A" * 70_000, "#s=bnVsbA", "#s=e30x", "#t=e30", "#s=../../x"):
        assert module.call("decoded(text)", text=damaged) is None
    assert module.call("decoded('#s=e30').mode") == "data"
