"""Losses: gradients, proximal maps and conjugates against each other and against minimisation by a grid."""

import pickle

import numpy as np
import pytest

import radon_nn
from radon_nn.fitting._losses_of_classes import CrossEntropy, Hinge, Logistic, SquaredHinge
from radon_nn.fitting._losses_of_values import Huber, Poisson, Quantile, Squared
from radon_nn.fitting.losses import Envelope, Loss, checked_targets, loss_named, registry

LOSSES = [
    Squared(),
    Huber(0.5),
    Quantile(0.3),
    Poisson(),
    Logistic(),
    Hinge(),
    SquaredHinge(),
    CrossEntropy(),
]
rows = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
SIZE, OUTPUTS = 40, 3


def data(loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets."""
    rng = np.random.default_rng(3)
    p = 2 * rng.standard_normal((SIZE, OUTPUTS))
    if loss.name == "poisson":
        return p, rng.poisson(2.0, (SIZE, OUTPUTS)).astype(float)
    if loss.balanced:
        return p, loss.targets(rng.integers(0, OUTPUTS, SIZE).astype(float))
    if loss.translates:
        return p, rng.standard_normal((SIZE, OUTPUTS))
    return p, loss.targets(rng.integers(0, 2, (SIZE, OUTPUTS)).astype(float))


@rows
def test_the_gradient_is_the_derivative(loss: Loss) -> None:
    p, y = data(loss)
    step = 1e-6
    for k in range(OUTPUTS):
        move = step * np.eye(OUTPUTS)[k]
        slope = (loss.value(p + move, y) - loss.value(p - move, y)) / (2 * step)
        np.testing.assert_allclose(loss.gradient(p, y)[:, k], slope, atol=1e-7 * (1 + np.exp(p.max())))


@rows
def test_curvatures_are_derivatives_of_gradients(loss: Loss) -> None:
    if not loss.smooth:
        pytest.skip("it has kinks, and no curvature of its own")
    p, y = data(loss)
    numerical = Loss.curvature(loss, p, y)
    np.testing.assert_allclose(loss.curvature(p, y), numerical, rtol=1e-6, atol=1e-7)


@rows
def test_fenchel_and_young(loss: Loss) -> None:
    p, y = data(loss)
    z = loss.gradient(p, y)
    low, high = loss.domain(y)
    assert np.all(z >= low)
    assert np.all(z <= high)
    equal = loss.value(p, y) + loss.conjugate(z, y) - np.sum(z * p, axis=1)
    np.testing.assert_allclose(equal, 0, atol=1e-12 * (1 + np.abs(z * p).sum()))
    # Any other z in the domain gives the inequality; for points of the segment to another gradient too.
    other = loss.gradient(np.random.default_rng(1).standard_normal(p.shape), y)
    for share in (0.0, 0.3, 1.0):
        mixed = (1 - share) * z + share * other
        assert np.all(loss.value(p, y) + loss.conjugate(mixed, y) - np.sum(mixed * p, axis=1) >= -1e-12)


@rows
def test_the_conjugate_is_infinite_outside_its_domain(loss: Loss) -> None:
    _, y = data(loss)
    low, high = loss.domain(y)
    for end, sign in ((low, -1.0), (high, 1.0)):
        if np.isfinite(end).any() and not loss.balanced:
            k = int(np.argmax(np.isfinite(end).all(axis=1)))
            z = np.where(np.isfinite(end), end + sign * 1e-3, 0.0)
            assert np.isinf(loss.conjugate(z, y)[k])


@rows
def test_proximal_points_are_minimisers(loss: Loss) -> None:
    p, y = data(loss)
    step = np.full((SIZE, 1), 0.7)
    q = loss.prox(p, y, step)
    least = loss.value(q, y) + np.sum((q - p) ** 2, axis=1) / (2 * 0.7)
    rng = np.random.default_rng(2)
    for size in (1e-3, 0.1, 1.0):
        other = q + size * rng.standard_normal(q.shape)
        assert np.all(loss.value(other, y) + np.sum((other - p) ** 2, axis=1) / 1.4 >= least - 1e-12)


@rows
def test_moreau(loss: Loss) -> None:
    """The envelope's gradient is a subgradient of the loss at the proximal point: Fenchel's equality holds there."""
    p, y = data(loss)
    step = np.full((SIZE, 1), 0.7)
    q = loss.prox(p, y, step)
    z = Envelope(loss, y, 0.7, np.zeros_like(p)).gradient(p)
    z = np.clip(z, *loss.domain(y))
    if loss.balanced:
        z = z - z.mean(axis=1, keepdims=True)
    equal = loss.value(q, y) + loss.conjugate(z, y) - np.sum(z * q, axis=1)
    np.testing.assert_allclose(equal, 0, atol=1e-9 * (1 + np.abs(z * q).sum()))


def test_names() -> None:
    assert {loss.name for loss in LOSSES} == set(registry())
    assert isinstance(loss_named("hinge"), Hinge)
    with pytest.raises(ValueError, match="did you mean 'logistic'"):
        loss_named("logistics")
    for name, here in (
        ("MSE", "'squared', half the squared errors"),
        ("mae", "'quantile', half"),
        ("bce", "'logistic'"),
    ):
        with pytest.raises(ValueError, match=f"got '{name}'; here it is {here}"):
            loss_named(name)
    with pytest.raises(TypeError, match="expected a name or a Loss"):
        loss_named(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "values", "match"),
    [
        ("logistic", [0.0, 2.0], "labels"),
        ("poisson", [-1.0, 2.0], "counts"),
        ("cross_entropy", [0.5, 1.0], "classes"),
        ("cross_entropy", [[0.5, 0.1], [1.0, 0.0]], "shares"),
        ("squared", [1.0], "expected shape"),
    ],
)
def test_targets_that_a_loss_cannot_take(name: str, values: list[float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        checked_targets(loss_named(name), values, 2)


def test_losses_with_a_parameter_are_public_as_the_docstring_of_fit_says() -> None:
    for name in ("Huber", "Quantile"):
        assert f"`radon_nn.{name}(0." in str(radon_nn.fit.__doc__)
        made = getattr(radon_nn, name)(0.25)
        assert isinstance(made, radon_nn.Loss)
        best = radon_nn.fit([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.0, 2.0], decay=0.1, loss=made)
        assert best.converged
        assert repr(pickle.loads(pickle.dumps(best)).loss) == repr(made)


@pytest.mark.parametrize("make", [lambda: Huber(0.0), lambda: Quantile(1.0)])
def test_parameters_are_checked(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="expected"):
        make()
