"""Networks as PyTorch modules."""

import pickle
from typing import Any

import numpy as np
import pytest

from radon_nn import DeepNetwork, Profile, ShallowNetwork, from_model
from radon_nn.activations.catalogue import TABLE

torch = pytest.importorskip("torch")

from radon_nn.torch import to_torch  # noqa: E402


def network(activation: Any, rng: np.random.Generator, dim: int = 2, outputs: int = 3, skip: bool = False) -> Any:
    linear = rng.standard_normal((outputs, dim)) if skip else None
    arrays = (4 * rng.standard_normal((5, dim)), rng.standard_normal(5), rng.standard_normal((outputs, 5)))
    return ShallowNetwork(*arrays, linear, rng.standard_normal(outputs), activation)


def agree(net: Any, module: Any, rng: np.random.Generator) -> None:
    points = 3 * rng.standard_normal((60, net.dim))
    values = module(torch.tensor(points)).detach().numpy()
    expected = net(points).reshape(60, -1)
    # Rounding of sums of five terms up to the size of the largest value.
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-14 * np.abs(expected).max())


SPELLED = [*sorted(TABLE), "elu 0.3", "leaky_relu 0.2", "clip -0.5 2.0", "truncated_power 3", "truncated_power 1"]


@pytest.mark.parametrize("activation", SPELLED)
@pytest.mark.parametrize("skip", [False, True])
def test_every_activation(activation: str, skip: bool) -> None:
    rng = np.random.default_rng(0)
    net = network(activation, rng, skip=skip)
    agree(net, to_torch(net), rng)


def test_deep_networks_with_skip_connections() -> None:
    rng = np.random.default_rng(1)
    layers = [
        network("relu", rng, 2, 4, skip=True),
        network("gelu", rng, 4, 3),
        network("abs", rng, 3, 1, skip=True),
    ]
    net = DeepNetwork(layers)
    agree(net, to_torch(net), rng)
    assert from_model(to_torch(net))(np.ones((1, 2))) == pytest.approx(net(np.ones((1, 2))), rel=1e-13)


def test_there_and_back_is_the_same_chain() -> None:
    nn = torch.nn
    module = nn.Sequential(nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    again = to_torch(from_model(module))
    assert [type(part) for part in again] == [type(part) for part in module]
    for first, second in zip(again.parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=1e-15)


def test_an_affine_function_and_another_dtype() -> None:
    net = ShallowNetwork(np.empty((0, 2)), [], np.empty((1, 0)), [[1.0, 2.0]], [3.0])
    module = to_torch(net, dtype=torch.float32)
    assert module(torch.ones(1, 2)).item() == 6
    assert module(torch.ones(1, 2)).dtype == torch.float32


def test_what_is_refused() -> None:
    own = Profile("log cosh", lambda u: np.logaddexp(u, -u), lambda u: 1 / np.cosh(u) ** 2)
    with pytest.raises(ValueError, match="named activation"):
        to_torch(ShallowNetwork([[1.0]], [0.0], [1.0], activation=own))
    with pytest.raises(TypeError, match="ShallowNetwork"):
        to_torch(np.ones(3))
    with pytest.raises(TypeError, match="floating point"):
        to_torch(ShallowNetwork([[1.0]], [0.0], [1.0]), dtype=torch.int64)


@pytest.mark.parametrize("activation", ["step", "truncated_power 1", "truncated_power 3", "abs", "sine"])
def test_modules_are_pickled_and_trained(activation: str) -> None:
    module = to_torch(network(activation, np.random.default_rng(2)))
    points = torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(4, 2)
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(again(points), module(points))
    if activation in ("step", "truncated_power 1"):
        ends = module[1](torch.tensor([-torch.inf, 0.0, torch.inf]))
        assert torch.equal(ends, torch.tensor([0.0, 1.0, 1.0]))
    module(points).sum().backward()
    hidden, _, readout = module
    assert bool(readout.weight.grad.any())
    assert bool(hidden.weight.grad.any()) == (activation not in ("step", "truncated_power 1"))


def test_a_dtype_by_name_is_refused_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"torch\.float32"):
        to_torch(ShallowNetwork([[1.0]], [0.0], [1.0]), dtype="float32")
