"""The README's recipes: weights as the frameworks keep them give the frameworks' outputs."""

import numpy as np
import pytest

from radon_nn import ShallowNetwork, fit


def test_pytorch_layers() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    hidden, readout = torch.nn.Linear(3, 7).double(), torch.nn.Linear(7, 2).double()
    weights, biases, out, constant = (
        value.detach().numpy() for value in (hidden.weight, hidden.bias, readout.weight, readout.bias)
    )
    network = ShallowNetwork(weights, biases, out, constant=constant)
    x = np.random.default_rng(0).standard_normal((50, 3))
    expected = readout(torch.relu(hidden(torch.from_numpy(x)))).detach().numpy()
    np.testing.assert_allclose(network(x), expected, atol=1e-14)
    np.testing.assert_allclose(network.measure()(x), expected, atol=1e-13)


def test_scikit_learn_mlp() -> None:
    neural_network = pytest.importorskip("sklearn.neural_network")
    x = np.random.default_rng(0).uniform(-1, 1, (100, 2))
    model = neural_network.MLPRegressor(
        hidden_layer_sizes=(9,), solver="lbfgs", max_iter=2000, random_state=0, tol=1e-2
    )
    model.fit(x, np.abs(x).sum(axis=1))
    (first, second), (biases, constant) = model.coefs_, model.intercepts_
    network = ShallowNetwork(first.T, biases, second.T, constant=constant)
    np.testing.assert_allclose(network(x), model.predict(x), atol=1e-12)


@pytest.mark.full
def test_adam_with_weight_decay_does_not_get_below_the_certified_optimum() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (30, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(30)
    decay = 0.1
    best = fit(x, y, decay=decay)
    assert len(best.measure) <= 30 - 3
    points, values = torch.from_numpy(x), torch.from_numpy(y)
    reached = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for seed, width in ((0, 20), (1, 40)):
        torch.manual_seed(seed)
        hidden, readout = torch.nn.Linear(2, width).double(), torch.nn.Linear(width, 1).double()
        skip = torch.nn.Linear(2, 1, bias=False).double()
        free = [hidden.bias, readout.bias, skip.weight]
        groups = [{"params": [hidden.weight, readout.weight], "weight_decay": decay}, {"params": free}]
        descent = torch.optim.Adam(groups, lr=0.02)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(descent, 800)
        for _ in range(800):
            descent.zero_grad()
            output = readout(torch.relu(hidden(points))) + skip(points)
            ((output[:, 0] - values) ** 2).sum().div(2).backward()
            descent.step()
            schedule.step()
        parts = [
            part.detach().numpy() for part in (hidden.weight, hidden.bias, readout.weight, skip.weight, readout.bias)
        ]
        network = ShallowNetwork(*parts)
        reached.append(float(np.sum((network(x) - y) ** 2) / 2 + decay * network.measure().rtv))
    torch.set_num_threads(threads)
    assert min(reached) >= best.lower
    assert best.objective <= min(reached) + best.gap
    assert min(reached) <= 1.2 * best.objective
