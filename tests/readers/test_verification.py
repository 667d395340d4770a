"""Whether a network and its model agree is told as sharply as rounding allows."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from radon_nn import DeepNetwork, ShallowNetwork, from_model, verify
from radon_nn.readers.live_models import understood


def test_verification_is_as_sharp_as_rounding() -> None:
    """Weights off by 1e-5 do not pass in float32; the network itself does, at many times its rounding at most."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    sizes = (3, 32, 32, 32, 1)
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    assert verify(model)
    agreement = verify(model, np.random.default_rng(0).standard_normal((64, 3)))
    assert agreement
    assert agreement.tolerance < 1e-4
    off = understood(model).network
    assert isinstance(off, DeepNetwork)
    first = off.layers[0]
    changed = type(first)(first.weights * (1 + 1e-3), first.biases, first.readout, first.skip, first.constant)
    assert not verify(model, network=type(off)([changed, *off.layers[1:]]))


@pytest.mark.parametrize("threshold", [3.0, 5.0, 8.0])
def test_a_threshold_shows_at_some_scale(threshold: float) -> None:
    """Issue: from_model drew from N(0, 1) only, where no argument of this softplus is beyond its threshold."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    soft = torch.nn.Softplus(threshold=threshold)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), soft, torch.nn.Linear(4, 1))
    with pytest.raises(ValueError, match=r"DO NOT agree.*; check=False returns the network all the same"):
        from_model(model)
    assert isinstance(from_model(model, check=False), ShallowNetwork)


@pytest.mark.parametrize("beta", [1.0, 0.3, 7.0])
def test_softplus_in_float64_is_linear_above_20_and_that_is_allowed(beta: float) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(3, 16), torch.nn.Softplus(beta=beta), torch.nn.Linear(16, 16), torch.nn.Softplus()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(16, 1)).double()
    agreement = verify(model)
    assert agreement
    assert agreement.tolerance < 1e-7


def test_points_in_the_shape_that_a_torch_model_takes() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(16, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2)]
    flat = torch.nn.Sequential(torch.nn.Flatten(), *layers)
    x = np.random.default_rng(0).standard_normal((20, 4, 4))
    assert verify(flat, x).points == 20
    assert verify(flat, x.reshape(20, 16))

    class Square(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.Sequential(*layers)

        def forward(self, x: Any) -> Any:
            return self.layers(x.reshape(x.size(0), x.size(1) * x.size(2)))

    assert verify(Square(), x)
    with pytest.raises(ValueError, match=r"^Square: expected a model that takes points of shape \(256, 16\), got"):
        from_model(Square())
    assert from_model(Square(), check=False) == from_model(flat)
    # Layers of 4 inputs take points with leading axes, as before.
    assert verify(torch.nn.Linear(4, 2), x).points == 80
