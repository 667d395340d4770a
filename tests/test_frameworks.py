"""The README's recipes: weights as the frameworks keep them give the frameworks' outputs."""

import numpy as np
import pytest

from radon_nn import ShallowNetwork


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
