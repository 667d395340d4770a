"""The path norm as a penalty: equal to the reader's number, differentiable in torch and JAX."""

from typing import Any

import numpy as np
import pytest

from radon_nn import ShallowNetwork, from_model, path_norm

torch = pytest.importorskip("torch")
nn = torch.nn


class Residual(nn.Module):
    """A residual sum, a bottleneck, a join and a scaled output."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = nn.Linear(3, 5), nn.Linear(5, 3), nn.Linear(3, 4), nn.Linear(7, 2)

    def forward(self, x: Any) -> Any:
        stream = x + self.b(torch.relu(self.a(x)))
        return 2 * self.d(torch.cat([torch.tanh(self.c(stream)), stream], 1)) - 1


def modules() -> dict[str, Any]:
    torch.manual_seed(0)
    made = {
        "shallow": nn.Sequential(nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 1)),
        "deep": nn.Sequential(nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 5), nn.GELU(), nn.Linear(5, 3)),
        "waist": nn.Sequential(
            nn.Linear(2, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 2), nn.Linear(2, 6), nn.PReLU(), nn.Linear(6, 1)
        ),
        "residual": Residual(),
        "logits": nn.Sequential(nn.Linear(2, 7), nn.CELU(0.5), nn.Linear(7, 1), nn.Sigmoid()),
        "softplus": nn.Sequential(nn.Linear(2, 7), nn.Softplus(2.0), nn.Linear(7, 4), nn.Softmax(1)),
        "clamped": nn.Sequential(nn.Linear(2, 7), nn.Hardtanh(-0.5, 2.0), nn.Linear(7, 4)),
    }
    return {name: module.double().eval() for name, module in made.items()}


@pytest.mark.parametrize("name", list(modules()))
def test_it_is_the_path_norm_of_the_network_that_is_read(name: str) -> None:
    module = modules()[name]
    value = path_norm(module)
    assert value.item() == pytest.approx(from_model(module).path_norm, rel=1e-14)
    value.backward()
    assert all(p.grad is not None for key, p in module.named_parameters() if key.endswith("weight") and p.ndim == 2)


@pytest.mark.parametrize("name", ["deep", "waist", "residual"])
def test_its_derivatives_of_first_and_second_order(name: str) -> None:
    module = modules()[name]
    names = [key for key, p in module.named_parameters() if p.ndim == 2]
    weights = [dict(module.named_parameters())[key] for key in names]

    def value(*given: Any) -> Any:
        state = dict(zip(names, given, strict=True))
        return torch.func.functional_call(Measured(module), {f"module.{key}": w for key, w in state.items()}, ())

    assert torch.autograd.gradcheck(value, weights, fast_mode=True)
    assert torch.autograd.gradgradcheck(value, weights, fast_mode=True)


class Measured(nn.Module):
    """A module whose output is the path norm of another, so that weights can be exchanged."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self) -> Any:
        return path_norm(self.module)


def test_of_tensors() -> None:
    weights, readout = torch.randn(6, 3, dtype=torch.float64), torch.randn(2, 6, dtype=torch.float64)
    net = ShallowNetwork(weights.numpy(), np.zeros(6), readout.numpy())
    assert path_norm(weights, readout).item() == pytest.approx(net.path_norm, rel=1e-14)
    assert path_norm(weights, readout, activation="tanh").item() == pytest.approx(2 * net.path_norm, rel=1e-12)
    assert path_norm(weights, readout[0]).item() == pytest.approx(net.output(0).path_norm, rel=1e-14)
    for tensor in (weights, readout):
        tensor.requires_grad_()
    assert torch.autograd.gradcheck(path_norm, (weights, readout))
    assert torch.autograd.gradgradcheck(path_norm, (weights, readout))


def test_it_is_the_rtv_unless_hyperplanes_coincide() -> None:
    module = modules()["shallow"]
    assert path_norm(module).item() == pytest.approx(from_model(module).measure().rtv, rel=1e-12)
    weights, readout = torch.tensor([[1.0], [-1.0]]), torch.tensor([[1.0, -1.0]])
    assert path_norm(weights, readout).item() == 2
    assert ShallowNetwork(weights, [0, 0], readout).measure().rtv == 0


def test_half_the_squared_weights_bound_it() -> None:
    weights, readout = torch.randn(6, 3, dtype=torch.float64), torch.randn(1, 6, dtype=torch.float64)
    net = ShallowNetwork(weights.numpy(), np.zeros(6), readout.numpy())
    squares = (weights.square().sum() + readout.square().sum()) / 2
    assert path_norm(weights, readout) <= squares
    even = net.balance()
    least = (np.sum(even.weights**2) + np.sum(even.readout**2)) / 2
    assert path_norm(even.weights, even.readout) == pytest.approx(least, rel=1e-12)


def test_the_derivative_is_zero_where_a_neuron_has_vanished() -> None:
    weights = torch.tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    readout = torch.tensor([[1.0, 0.0]], requires_grad=True)
    path_norm(weights, readout).backward()
    assert torch.equal(weights.grad, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))
    assert torch.equal(readout.grad, torch.tensor([[5.0, 0.0]]))


def test_of_a_state_dict_and_of_numpys_arrays() -> None:
    module = modules()["deep"]
    state = module.state_dict()
    expected = pytest.approx(from_model(module).path_norm, rel=1e-14)
    assert path_norm(state, activation=["relu", "gelu"]).item() == expected
    arrays = {key: value.numpy() for key, value in state.items()}
    assert path_norm(arrays, activation=["relu", "gelu"]) == expected


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: path_norm(torch.ones(3, 2, dtype=torch.cfloat), torch.ones(1, 3)), TypeError, "real"),
        (lambda: path_norm(torch.ones(3, 2), torch.ones(1, 4)), ValueError, r"\(o, k\)"),
        (lambda: path_norm(torch.ones(3, 2), torch.ones(1, 3), activation="sine"), ValueError, "finite R-TV"),
        (lambda: path_norm(torch.ones(3, 2), torch.ones(1, 3), layout="out_in"), ValueError, "leave them out"),
        (lambda: path_norm(modules()["deep"], activation="relu"), ValueError, "says so itself"),
    ],
)
def test_what_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_squares_of_large_and_small_weights_stay_in_range(size: float) -> None:
    weights = torch.full((2, 2), size, requires_grad=True)
    readout = torch.tensor([[1.0, 2.0]])
    value = path_norm(weights, readout)
    assert value.item() == pytest.approx(3 * 2**0.5 * size, rel=1e-6)
    value.backward()
    torch.testing.assert_close(weights.grad, torch.tensor([[1.0, 1.0], [2.0, 2.0]]) / 2**0.5)


def test_one_activation_for_one_layer_and_arrays_alone() -> None:
    weights, readout = torch.ones(2, 2), torch.ones(1, 2)
    with pytest.raises(ValueError, match="one for one hidden layer"):
        path_norm(weights, readout, activation=["relu", "tanh"])
    with pytest.raises(TypeError, match=r"numpy\.asarray"):
        path_norm([[1.0, 1.0]], [[1.0]])
