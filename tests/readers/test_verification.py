"""Whether a network and its model agree is told as sharply as rounding allows."""

from itertools import pairwise
from typing import Any

import pytest

from radon_nn import DeepNetwork, verify
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
    agreement = verify(model)
    assert agreement
    assert agreement.tolerance < 1e-4
    off = understood(model).network
    assert isinstance(off, DeepNetwork)
    first = off.layers[0]
    changed = type(first)(first.weights * (1 + 1e-3), first.biases, first.readout, first.skip, first.constant)
    assert not verify(model, network=type(off)([changed, *off.layers[1:]]))
