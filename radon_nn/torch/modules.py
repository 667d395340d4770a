"""Networks as PyTorch modules."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from radon_nn.activations.profile import Profile
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork


class Elementwise(nn.Module):
    """
    A function of each entry that is no module of PyTorch's.

    Parameters
    ----------
    function : callable
        From a tensor to a tensor of the same shape.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """
        Apply the function.

        Parameters
        ----------
        values : Tensor
            Arguments.

        Returns
        -------
        Tensor
            Values.
        """
        result: torch.Tensor = self.function(values)
        return result


class WithSkip(nn.Module):
    """
    A hidden layer with a skip connection: readout(activation(hidden(x))) + skip(x).

    Parameters
    ----------
    hidden : nn.Linear
        The affine map before the activation.
    activation : nn.Module
        The activation.
    readout : nn.Linear
        The affine map after it; its bias is the constant.
    skip : nn.Linear
        The skip connection.
    """

    def __init__(self, hidden: nn.Module, activation: nn.Module, readout: nn.Module, skip: nn.Module) -> None:
        super().__init__()
        self.hidden, self.activation, self.readout, self.skip = hidden, activation, readout, skip

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        """
        The outputs.

        Parameters
        ----------
        points : Tensor, shape (..., d)
            Points.

        Returns
        -------
        Tensor, shape (..., o)
            Values.
        """
        result: torch.Tensor = self.readout(self.activation(self.hidden(points))) + self.skip(points)
        return result


def to_torch(network: ShallowNetwork | DeepNetwork, *, dtype: torch.dtype = torch.float64) -> nn.Module:
    """
    A network as a PyTorch module, to train further or to differentiate.

    Parameters
    ----------
    network : ShallowNetwork or DeepNetwork
        The network; its activations must be named ones, not the user's own profiles.
    dtype : torch.dtype
        The dtype of the weights.

    Returns
    -------
    torch.nn.Module
        An nn.Sequential of Linear layers and activations where there is no skip connection. It takes points (..., d)
        and returns values (..., o), also for a single output; in float64 they are the network's to rounding. The
        step's derivative is zero, so weights before a step do not train by gradients.

    Raises
    ------
    TypeError
        If it is no network, or the dtype is none of real floating point numbers.
    ValueError
        If an activation has no counterpart.

    See Also
    --------
    radon_nn.from_model : The way back.

    Examples
    --------
    >>> module = to_torch(ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, 1.0]))
    >>> module(torch.tensor([[-2.0]], dtype=torch.float64)).item()
    2.0
    """
    if not isinstance(network, ShallowNetwork | DeepNetwork):
        raise TypeError(f"to_torch: expected a ShallowNetwork or a DeepNetwork, got {type(network).__name__}")
    if not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype: expected a torch.dtype, got {dtype!r}; say torch.float32 or torch.float64")
    if not dtype.is_floating_point:
        raise TypeError(f"dtype: expected torch.float32 or another floating point dtype, got {dtype}")
    layers = [network] if isinstance(network, ShallowNetwork) else network.layers
    parts = [part for layer in layers for part in _parts(layer, dtype)]
    return parts[0] if len(parts) == 1 else nn.Sequential(*parts)


def _parts(layer: ShallowNetwork, dtype: torch.dtype) -> list[nn.Module]:
    """The modules of a layer, without those that are the identity."""
    if not layer.neurons:
        return [_linear(layer.skip, layer.constant, dtype)]
    hidden, activation = _linear(layer.weights, layer.biases, dtype), activation_module(layer.activation)
    passed_on = np.array_equal(layer.readout, np.eye(layer.neurons)) and not np.any(layer.constant)
    if np.any(layer.skip):
        readout = _linear(layer.readout, layer.constant, dtype)
        return [WithSkip(hidden, activation, readout, _linear(layer.skip, None, dtype))]
    return [hidden, activation] if passed_on else [hidden, activation, _linear(layer.readout, layer.constant, dtype)]


def _linear(weights: Any, biases: Any, dtype: torch.dtype) -> nn.Module:
    rows, columns = weights.shape
    made = nn.Linear(columns, rows, bias=biases is not None, dtype=dtype)
    with torch.no_grad():
        made.weight.copy_(torch.tensor(weights))
        if biases is not None:
            made.bias.copy_(torch.tensor(biases))
    return made


def activation_module(profile: Profile) -> nn.Module:
    """
    An activation as a module.

    Parameters
    ----------
    profile : Profile
        A named activation.

    Returns
    -------
    torch.nn.Module
        The module.

    Raises
    ------
    ValueError
        If it is a user's own profile.
    """
    name, *numbers = (profile.spelled or profile.name).split()
    parameters = [float(number) for number in numbers] if profile.spelled else []
    if profile.spelled is None or name not in _MODULES:
        raise ValueError(f"to_torch: expected a named activation, got {profile.name}; write a module for it")
    return _MODULES[name](*parameters)


def _power(order: float = 2.0) -> nn.Module:
    """The truncated power u_+^(m-1) / (m-1)!."""
    degree = int(order) - 1
    return Elementwise(functools.partial(_truncated, degree=degree) if degree else _step)


def _truncated(values: torch.Tensor, degree: int) -> torch.Tensor:
    result: torch.Tensor = values.clamp(min=0) ** degree / math.factorial(degree)
    return result


def _step(values: torch.Tensor) -> torch.Tensor:
    """The step, whose derivative is zero almost everywhere: gradients of what comes before are zero."""
    return (values >= 0).to(values.dtype) + 0 * values.clamp(-1, 1)  # clamped, since 0 * inf is nan


_MODULES: dict[str, Callable[..., nn.Module]] = {
    "abs": lambda: Elementwise(torch.abs),
    "clip": lambda low=0.0, high=1.0: nn.Hardtanh(low, high),
    "elu": lambda alpha=1.0: nn.ELU(alpha),
    "gelu": nn.GELU,
    "gelu_tanh": lambda: nn.GELU("tanh"),
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "identity": nn.Identity,
    "leaky_relu": lambda slope=0.01: nn.LeakyReLU(slope),
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "selu": nn.SELU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "sine": lambda: Elementwise(torch.sin),
    "softplus": lambda: nn.Softplus(threshold=40.0),
    "step": lambda: _power(1.0),
    "tanh": nn.Tanh,
    "truncated_power": _power,
}
"""Modules by the activation's name. Softplus is z beyond its threshold: PyTorch's own, 20, is off by 2e-9, and 40 by
less than rounding."""
