"""A proximal step of the path norm after each step of an optimiser: neurons become exactly zero."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from radon_nn._support import checks
from radon_nn._support.wording import counted
from radon_nn.readers.hints import Hints
from radon_nn.readers.live_weights import IDENTITY
from radon_nn.readers.path_norms import live_layers
from radon_nn.torch.proximal_steps import proximal_factors, proximal_norms
from radon_nn.torch.step_sizes import StepSizes, step_sizes


@dataclass(frozen=True, eq=False)
class _Pair:
    """The parameters of a hidden layer's neurons: rows of `weight`, columns of `readout`; None where that is fixed."""

    weight: Any
    bias: Any
    readout: Any
    variation: float
    decay: float

    @property
    def strength(self) -> float:
        """The penalty on |v| |w|: that of the path norm, times TV(s')."""
        return self.decay * self.variation

    def parameters(self) -> list[Any]:
        """The parameters that the penalty acts on."""
        return [part for part in (self.weight, self.readout, self.bias) if part is not None]

    def inner(self) -> Any:
        """The input weights, a row for each neuron, with the bias as a last column where it is penalised."""
        return self.weight if self.bias is None else torch.cat([self.weight, self.bias[:, None]], dim=1)


class ProximalPathNorm(torch.optim.Optimizer):
    """
    An optimiser for loss + decay * path norm: any optimiser's step on the loss, then the proximal step of the penalty.

    The penalty is left out of the loss. After each step, the norms of v_k and w_k are replaced by those of
    `proximal_norms`, with the optimiser's own step size, so that neurons become exactly zero, and what is stationary is
    stationary for loss + decay * path norm. Weight decay in the loss has the same minima, but only shrinks neurons. For
    a deep chain of layers the penalty is the path norm layer by layer, see `path_norm`; hidden layers before the last
    are shrunk by |w_k| alone.

    Optimisers with momentum move by the gradient times rate / (1 - momentum) in the long run, and the penalty is
    given the same weight. Keep rate / (1 - momentum) * decay * TV(s') well below 1: from 1 on every neuron vanishes in
    one step, of which SGD's steps warn once. Of adaptive optimisers (Adam, AdamW, RMSprop, Adagrad), which have a step
    size for each entry, the proximal step is taken in that metric. What the optimiser leaves alone is fixed: a
    parameter that is frozen (requires_grad False) or has no gradient. Entries whose second moment is zero, of rare
    features or silent neurons, are shrunk with the step size of the parameter's mean second moment.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        SGD, Adam, AdamW, RMSprop, Adagrad, or any other with `steps`; not LBFGS, which takes many steps in one. Its
        groups may have different rates. Its own weight decay must be zero for what is penalised here: with both, there
        would be two penalties. AdamW's is 0.01 unless you say weight_decay=0.
    module : torch.nn.Module or sequence of (weight, readout)
        A chain of Linear layers and activations, skip connections allowed; or pairs of parameters, of shape (k, d) and
        (o, k).
    decay : float or sequence of float
        The penalty, positive, in units of loss per unit of path norm; or one for each hidden layer.
    biases : bool
        Whether |w_k| includes the bias: (|w_k|^2 + b_k^2)^(1/2), as weight decay on biases has it. Without it, the
        penalty is the R-TV.
    steps : callable, optional
        From the optimiser and a parameter to its step size, a number or a tensor of the parameter's shape, for
        optimisers that are not known here.

    Raises
    ------
    TypeError
        If the optimiser or a parameter is of another kind.
    ValueError
        If the optimiser has weight decay of its own or does not hold a parameter, the module is no chain of layers, or
        the penalty is not positive.

    See Also
    --------
    radon_nn.fit : The global optimum of the same objective, with its certificate, where the loss is the square.

    Examples
    --------
    >>> module = torch.nn.Sequential(torch.nn.Linear(2, 50), torch.nn.ReLU(), torch.nn.Linear(50, 1))
    >>> sgd = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    >>> optimizer = ProximalPathNorm(sgd, module, decay=1e-2)
    >>> loss = module(torch.ones(8, 2)).square().mean()
    >>> loss.backward()
    >>> optimizer.step()
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        module: Any,
        *,
        decay: float | Sequence[float],
        biases: bool = False,
        steps: StepSizes | None = None,
    ) -> None:
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise TypeError(f"optimizer: expected a torch optimiser, got {type(optimizer).__name__}")
        self.optimizer, self.biases, self._steps = optimizer, bool(biases), steps or step_sizes
        self.pairs = _pairs(module, decay, self.biases)
        self._warned = False
        # As torch restores a pickled optimiser: its hooks, but no groups and no state beside the optimiser's own.
        super().__setstate__({"defaults": optimizer.defaults})
        self._require_fit()

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of the optimiser, so that schedulers change its rates."""
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        return groups

    @property
    def state(self) -> Any:
        """The state of the optimiser."""
        return self.optimizer.state

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("optimizer", "biases", "_steps", "pairs", "_warned")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "defaults": state["optimizer"].defaults})

    @property
    def decay(self) -> tuple[float, ...]:
        """The penalty of each hidden layer."""
        return tuple(pair.decay for pair in self.pairs)

    def penalty(self) -> float:
        """The penalty as it stands, decay * path norm, to be added to the loss in reports."""
        with torch.no_grad():
            total = 0.0
            for pair in self.pairs:
                inner = torch.linalg.vector_norm(pair.inner(), dim=1)
                outer = 1.0 if pair.readout is None else torch.linalg.vector_norm(pair.readout, dim=0)
                total += pair.strength * float((inner * outer).sum())
        return total

    def alive(self) -> int:
        """The number of neurons of which neither weights have vanished."""
        with torch.no_grad():
            count = 0
            for pair in self.pairs:
                live = (pair.weight != 0).any(1)
                count += int((live if pair.readout is None else live & (pair.readout != 0).any(0)).sum())
        return count

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """
        Take the optimiser's step, then the proximal step.

        Parameters
        ----------
        closure : callable, optional
            As the optimiser takes it: computes the loss anew.

        Returns
        -------
        Tensor or None
            What the optimiser's step returns.
        """
        loss = self.optimizer.step(closure) if closure is None else self.optimizer.step(torch.enable_grad()(closure))
        for pair in self.pairs:
            self._shrink(pair)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients, as the optimiser does."""
        self.optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters to the optimiser; those of neurons must be in it from the beginning."""
        self.optimizer.add_param_group(param_group)
        self._require_fit()

    def state_dict(self) -> dict[str, Any]:
        """
        The optimiser's state, and the penalty.

        Returns
        -------
        dict
            The optimiser's own dict, with a further entry 'path_norm'.
        """
        return {**self.optimizer.state_dict(), "path_norm": {"decay": list(self.decay), "biases": self.biases}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """
        Take up a state again.

        Parameters
        ----------
        state_dict : dict
            What `state_dict` returned; or the state of the plain optimiser, which leaves the penalty as it is.

        Raises
        ------
        ValueError
            If it is of another number of layers, or its biases were treated differently.
        """
        own = dict(state_dict)
        penalty = own.pop("path_norm", None)
        if penalty is not None:
            if len(penalty["decay"]) != len(self.pairs) or penalty["biases"] != self.biases:
                raise ValueError(
                    f"state: expected {counted(len(self.pairs), 'hidden layer')} and biases={self.biases}, got "
                    f"{len(penalty['decay'])} and biases={penalty['biases']}; make the optimiser as it was made before"
                )
            pairs = zip(self.pairs, penalty["decay"], strict=True)
            self.pairs = [replace(pair, decay=checks.positive(decay, "decay")) for pair, decay in pairs]
        self.optimizer.load_state_dict(own)
        self._require_fit()

    def __repr__(self) -> str:
        return f"ProximalPathNorm(decay={self.decay}, biases={self.biases}, {self.optimizer!r})"

    def _require_fit(self) -> None:
        """Each parameter in one group, without weight decay of its own."""
        groups = {id(p): group for group in self.optimizer.param_groups for p in group["params"]}
        for pair in self.pairs:
            for parameter in pair.parameters():
                group = groups.get(id(parameter))
                if group is None and not parameter.requires_grad:
                    continue
                if group is None:
                    raise ValueError(
                        "optimizer: expected it to hold all weights of the hidden neurons, got one without a parameter "
                        f"of shape {tuple(parameter.shape)}; make it of module.parameters()"
                    )
                if group.get("weight_decay"):
                    raise ValueError(
                        f"weight_decay: expected 0 for the neurons' weights, got {group['weight_decay']} in "
                        f"{type(self.optimizer).__name__}, which would be a second penalty beside decay; say "
                        "weight_decay=0 (AdamW's default is 0.01), or put other parameters into a group of their own"
                    )
        if self._steps is step_sizes:
            for parameter in (part for pair in self.pairs for part in pair.parameters() if id(part) in groups):
                step_sizes(self.optimizer, parameter)

    def _shrink(self, pair: _Pair) -> None:
        moving = [parameter.grad is not None and parameter.requires_grad for parameter in pair.parameters()]
        if not any(moving):
            return  # The optimiser has left these alone.
        found = [
            self._steps(self.optimizer, parameter) if moves else 0.0
            for parameter, moves in zip(pair.parameters(), moving, strict=True)
        ]
        if any(step is None for step in found):
            return
        weight, bias, readout = pair.weight, pair.bias, pair.readout
        inner = pair.inner()
        s, r = found[0], found[1] if readout is not None else None
        plain = not any(isinstance(step, torch.Tensor) for step in found)
        if plain and (bias is None or found[-1] == s) and s and (r or readout is None):
            self._warn_of(pair.strength * math.sqrt(s * r) if r else 0.0)
            outer_factor, inner_factor = _plain_factors(inner, readout, s, r, pair.strength)
        else:
            outer_factor, inner_factor = _metric_factors(pair, found)
        width = weight.shape[1]
        weight.mul_(inner_factor[:, :width].to(weight.dtype))
        if bias is not None:
            bias.mul_(inner_factor[:, -1].to(bias.dtype))
        if readout is not None:
            readout.mul_(outer_factor.mT.to(readout.dtype))

    def _warn_of(self, gamma: float) -> None:
        """Warn once of a product of step size and penalty that no neuron survives."""
        if gamma >= 1 and not self._warned:
            self._warned = True
            warnings.warn(
                f"ProximalPathNorm: expected step size * decay * TV(s') below 1, got {gamma:.3g}, at which every "
                "neuron vanishes in one step; lower lr, momentum or decay (momentum multiplies lr by "
                "1 / (1 - momentum))",
                UserWarning,
                stacklevel=4,
            )


def _plain_factors(inner: Any, readout: Any, s: float, r: float | None, decay: float) -> tuple[Any, Any]:
    """Factors (k, 1) of the output and the input weights, for one step size each."""
    b = torch.linalg.vector_norm(inner, dim=1)
    if r is None or readout is None:
        return None, _ratio((b - s * decay).clamp(min=0), b)[:, None]
    a = torch.linalg.vector_norm(readout, dim=0)
    # In units of the roots of the step sizes both steps are of size one.
    root = math.sqrt(r) or 1.0, math.sqrt(s) or 1.0
    after = proximal_norms(a / root[0], b / root[1], decay * root[0] * root[1] if r and s else 0.0)
    return _ratio(after[0] * root[0], a)[:, None], _ratio(after[1] * root[1], b)[:, None]


def _metric_factors(pair: _Pair, steps: Sequence[Any]) -> tuple[Any, Any]:
    """Factors of the output and the input weights, for step sizes of each entry."""
    parameters = pair.parameters()
    spread = [
        torch.as_tensor(step, device=p.device).broadcast_to(p.shape) for step, p in zip(steps, parameters, strict=True)
    ]
    metric = spread[0] if pair.bias is None else torch.cat([spread[0], spread[-1][:, None]], dim=1)
    inner = pair.inner()
    if pair.readout is not None:
        return proximal_factors(pair.readout.mT, inner, (spread[1].mT, metric), pair.strength)
    # A readout of norm 1 that does not move: its step size is as good as zero.
    ones = torch.ones_like(inner[:, :1]).double()
    return proximal_factors(ones, inner, (1e-200 * ones, metric), pair.strength)


def _ratio(after: Any, before: Any) -> Any:
    """after / before, and one where `before` is zero or not finite, so that what is there stays."""
    some = (before > 0) & torch.isfinite(before) & torch.isfinite(after)
    return torch.where(some, after / torch.where(some, before, torch.ones_like(before)), torch.ones_like(after))


def _pairs(module: Any, decay: float | Sequence[float], biases: bool) -> list[_Pair]:
    """The parameters of the neurons, from a module or from pairs."""
    if isinstance(module, torch.nn.Module):
        found = _of_module(module, biases)
    else:
        found = [_of_pair(pair, biases) for pair in module]
    if not found:
        raise ValueError("module: expected hidden neurons, got none")
    parameters = [id(part) for pair in found for part in pair.parameters()]
    if len(set(parameters)) != len(parameters):
        raise ValueError("module: expected each parameter in one layer, got one that layers share; untie them")
    numbers = np.asarray(decay, dtype=np.float64)
    given = [float(numbers)] * len(found) if numbers.ndim == 0 else numbers.tolist()
    if len(given) != len(found):
        raise ValueError(f"decay: expected one number, or {len(found)} for the hidden layers, got {len(given)}")
    pairs = zip(found, given, strict=True)
    return [replace(pair, decay=checks.positive(number, "decay")) for pair, number in pairs]


def _of_module(module: Any, biases: bool) -> list[_Pair]:
    """The parameters of a module's layers, their penalties yet to come."""
    parameters = {id(p): name for name, p in module.named_parameters()}
    found = []
    _, layers = live_layers(module, Hints())
    for number, layer in enumerate(layers, 1):
        for neurons in layer:
            variation = neurons.profile.variation
            if not math.isfinite(variation):
                raise ValueError(
                    f"module: expected activations of finite R-TV, got {neurons.profile.name} in layer {number}: "
                    f"{neurons.profile.law}"
                )
            (weight, *others), (readout, *more) = neurons.weights, neurons.readout
            fixed = readout is IDENTITY
            if others or more or id(weight) not in parameters or not (fixed or id(readout) in parameters):
                raise ValueError(
                    "module: expected a chain of Linear layers and activations, got other operations about the "
                    f"neurons of layer {number}; add decay * path_norm(module) to the loss, or hand over parameters"
                )
            if biases and neurons.biases is not None and id(neurons.biases) not in parameters:
                raise ValueError(f"biases: expected those of layer {number} to be a parameter; say biases=False")
            bias = neurons.biases if biases else None
            found.append(_Pair(weight, bias, None if fixed else readout, variation, 1.0))
    return found


def _of_pair(pair: Any, biases: bool) -> _Pair:
    weight, readout = pair
    if biases:
        raise ValueError("biases: expected a module, whose biases are known, got pairs of weights; say biases=False")
    if not all(isinstance(part, torch.Tensor) for part in (weight, readout)):
        raise TypeError("module: expected a torch.nn.Module, or pairs of parameters (weight, readout)")
    if weight.ndim != 2 or readout.ndim != 2 or readout.shape[1] != weight.shape[0]:
        raise ValueError(
            f"module: expected weights of shape (k, d) and readouts of shape (o, k), got {tuple(weight.shape)} and "
            f"{tuple(readout.shape)}"
        )
    return _Pair(weight, None, readout, 1.0, 1.0)
