"""The table of docs/howto/weight_decay.md: `decay` here is which `weight_decay` there, at random networks."""

import numpy as np
import pytest

from radon_nn import ShallowNetwork
from radon_nn._support.types import Floats
from radon_nn.fitting.losses import loss_named

DECAY, N, NEURONS = 0.7, 30, 6


def problem(seed: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Points, values, and a network's weights, biases and readout."""
    rng = np.random.default_rng(seed)
    sizes = ((N, 2), (N,), (NEURONS, 2), (NEURONS,), (NEURONS,))
    x, y, w, b, v = (rng.standard_normal(size) for size in sizes)
    return x, y, w, b, v


def penalty(w: Floats, v: Floats) -> float:
    """The penalty by hand: half of the squared weights."""
    return DECAY / 2 * float((w**2).sum() + (v**2).sum())


def losses(name: str, f: Floats, y: Floats) -> Floats:
    """The losses as `fit` has them."""

    loss = loss_named(name)
    return loss.value(f[:, None], loss.targets(y))


@pytest.mark.parametrize("seed", range(3))
def test_balanced_weights_cost_the_path_norm(seed: int) -> None:
    _, _, w, b, v = problem(seed)
    network = ShallowNetwork(w, b, v).balance()
    assert penalty(network.weights, network.readout) == pytest.approx(DECAY * network.path_norm, rel=1e-12)
    assert penalty(w, v) >= DECAY * network.path_norm
    assert network.path_norm == pytest.approx(network.measure().rtv, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "torch_loss", "factor"),
    [
        ("squared", "MSELoss", 2 / N),
        ("huber", "HuberLoss", 1 / N),
        ("logistic", "BCEWithLogitsLoss", 1 / N),
        ("poisson", "PoissonNLLLoss", 1 / N),
    ],
)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_torch_steps_along_the_gradient_of_the_objective(
    name: str, torch_loss: str, factor: float, optimizer: str
) -> None:
    """A step with weight_decay and one with the penalty by hand, of the same objective up to its scale, are equal."""
    torch = pytest.importorskip("torch")
    x, y, w, b, v = problem(5)
    y = {"logistic": 1.0 * (y > 0), "poisson": np.floor(np.abs(3 * y))}.get(name, y)
    moved = []
    for by_hand in (False, True):
        W, B, V = (torch.tensor(part, requires_grad=True) for part in (w, b, v))
        groups = [{"params": [W, V], "weight_decay": 0.0 if by_hand else factor * DECAY}, {"params": [B]}]
        steps = getattr(torch.optim, optimizer)(groups, lr=0.01, weight_decay=0.0)
        f = torch.relu(torch.tensor(x) @ W.T + B) @ V
        loss = getattr(torch.nn, torch_loss)()(f, torch.tensor(y))
        # The sum of losses here, times the factor, is torch's mean up to a constant.
        ours = losses(name, f.detach().numpy(), y).sum() * factor
        again = losses(name, 0.9 * f.detach().numpy(), y).sum() * factor
        theirs = getattr(torch.nn, torch_loss)()(0.9 * f.detach(), torch.tensor(y))
        assert float(loss.detach() - theirs) == pytest.approx(ours - again, rel=1e-10)
        if by_hand:
            loss = loss + factor * DECAY / 2 * (W.square().sum() + V.square().sum())
        loss.backward()
        steps.step()
        moved.append([part.detach().numpy() for part in (W, B, V)])
    for with_decay, with_penalty in zip(*moved, strict=True):
        np.testing.assert_allclose(with_decay, with_penalty, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_cross_entropy_of_torch_is_the_mean_of_ours() -> None:
    torch = pytest.importorskip("torch")

    rng = np.random.default_rng(0)
    f, y = rng.standard_normal((N, 3)), rng.integers(0, 3, N)
    loss = loss_named("cross_entropy")
    mean = torch.nn.CrossEntropyLoss()(torch.tensor(f), torch.tensor(y))
    assert float(mean) == pytest.approx(loss.value(f, loss.targets(y)).mean(), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "alpha"), [(0, 0.3), (1, 2.0)])
def test_scikit_learn_alpha_is_the_decay_of_a_sum(seed: int, alpha: float) -> None:
    """n times loss_, which L-BFGS minimises, is the sum of half squares and the penalty with decay alpha."""
    neural_network = pytest.importorskip("sklearn.neural_network")
    x, y, *_ = problem(seed)
    model = neural_network.MLPRegressor(
        hidden_layer_sizes=[NEURONS], solver="lbfgs", alpha=alpha, max_iter=5000, random_state=seed
    ).fit(x, y)
    residual = model.predict(x) - y
    squares = sum(float((w**2).sum()) for w in model.coefs_)
    assert N * model.loss_ == pytest.approx((residual**2).sum() / 2 + alpha / 2 * squares, rel=1e-6)
