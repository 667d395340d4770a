"""The proximal method in training loops."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from radon_nn import fit, from_model, path_norm
from radon_nn.io import shipped

torch = pytest.importorskip("torch")
nn = torch.nn

from radon_nn.torch import ProximalPathNorm, proximal_norms  # noqa: E402


class WithSkip(nn.Module):
    """One hidden layer, and the affine part that costs nothing."""

    def __init__(self, neurons: int, dim: int = 2) -> None:
        super().__init__()
        self.hidden, self.readout = nn.Linear(dim, neurons), nn.Linear(neurons, 1)
        self.skip = nn.Linear(dim, 1, bias=False)

    def forward(self, x: Any) -> Any:
        return self.readout(torch.relu(self.hidden(x))) + self.skip(x)


def problem(neurons: int = 30, seed: int = 0) -> tuple[Any, Any, Any]:
    """A module, points on the line and values."""
    torch.manual_seed(seed)
    x = torch.linspace(-1, 1, 12, dtype=torch.float64)[:, None]
    return WithSkip(neurons, 1).double(), x, torch.sin(4 * x)


def train(module: Any, x: Any, y: Any, optimizer: Any, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        ((module(x) - y).square().mean() / 2).backward()
        optimizer.step()


def objective(module: Any, x: Any, y: Any, decay: float) -> float:
    with torch.no_grad():
        return float((module(x) - y).square().mean() / 2 + decay * path_norm(module))


def test_one_step_is_the_optimisers_and_the_closed_form() -> None:
    module, x, y = problem()
    plain = copy.deepcopy(module)
    train(plain, x, y, torch.optim.SGD(plain.parameters(), lr=0.1), 1)
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=0.05)
    train(module, x, y, optimizer, 1)
    a, b = plain.readout.weight.norm(dim=0), plain.hidden.weight.norm(dim=1)
    after = proximal_norms(a, b, 0.1 * 0.05)
    torch.testing.assert_close(module.readout.weight, plain.readout.weight * after[0] / a)
    torch.testing.assert_close(module.hidden.weight, plain.hidden.weight * (after[1] / b)[:, None])
    for name in ("hidden.bias", "readout.bias", "skip.weight"):
        torch.testing.assert_close(module.get_parameter(name), plain.get_parameter(name), rtol=0, atol=0)


OPTIMIZERS = {
    "SGD": (lambda p: torch.optim.SGD(p, lr=0.2), 4000, 0.02),
    "momentum": (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), 1500, 0.01),
    "Nesterov": (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), 1500, 0.01),
    "damped": (lambda p: torch.optim.SGD(p, lr=1.0, momentum=0.9, dampening=0.9), 1500, 0.01),
    "Adam": (lambda p: torch.optim.Adam(p, lr=0.003), 1500, 0.01),
    "RMSprop": (lambda p: torch.optim.RMSprop(p, lr=0.002, centered=True), 1500, 0.03),
    "Adagrad": (lambda p: torch.optim.Adagrad(p, lr=0.1), 2500, 0.03),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimiser_comes_near_the_certified_optimum(name: str) -> None:
    # The fractions are what each reaches in so many steps, doubled; without the momentum's factor it is 20 % and more.
    make, steps, near = OPTIMIZERS[name]
    module, x, y = problem()
    train(module, x, y, ProximalPathNorm(make(module.parameters()), module, decay=0.02), steps)
    best = fit(x.numpy(), y[:, 0].numpy(), decay=0.02 * len(x)).objective / len(x)
    assert best - 1e-9 <= objective(module, x, y, 0.02) <= (1 + near) * best


def test_neurons_become_exactly_zero() -> None:
    module, x, y = problem()
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9), module, decay=0.02)
    train(module, x, y, optimizer, 300)
    dead = (module.hidden.weight == 0).all(1) | (module.readout.weight == 0).all(0)
    assert optimizer.alive() == 30 - int(dead.sum()) < 25
    assert optimizer.penalty() == pytest.approx(0.02 * path_norm(module).item(), rel=1e-12)


def test_deep_chains_and_one_penalty_for_each_layer() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 1)).double()
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=[0.3, 0.2])
    before = copy.deepcopy(module)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    norms = before[0].weight.norm(dim=1)
    torch.testing.assert_close(module[0].weight.norm(dim=1), (norms - 0.03).clamp(min=0))
    # TV(s') of tanh is 2.
    after = proximal_norms(before[4].weight.norm(dim=0), before[2].weight.norm(dim=1), 0.1 * 0.2 * 2)
    torch.testing.assert_close(module[2].weight.norm(dim=1), after[1])
    torch.testing.assert_close(module[4].weight.norm(dim=0), after[0])
    even = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=0.2)
    assert even.penalty() == pytest.approx(0.2 * path_norm(module).item(), rel=1e-12)


def test_groups_have_rates_of_their_own_and_schedules() -> None:
    module, _, _ = problem()
    groups = [{"params": module.hidden.parameters(), "lr": 0.1}, {"params": module.readout.parameters(), "lr": 0.4}]
    sgd = torch.optim.SGD([*groups, {"params": module.skip.parameters(), "weight_decay": 0.1}], lr=1.0)
    optimizer = ProximalPathNorm(sgd, module, decay=0.05)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    a, b = module.readout.weight.detach().norm(dim=0), module.hidden.weight.detach().norm(dim=1)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    # Each norm in units of the root of its rate.
    after = proximal_norms(a / 0.4**0.5, b / 0.1**0.5, 0.05 * 0.2)
    torch.testing.assert_close(module.readout.weight.norm(dim=0), after[0] * 0.4**0.5)
    torch.testing.assert_close(module.hidden.weight.norm(dim=1), after[1] * 0.1**0.5)
    schedule.step()
    assert [group["lr"] for group in sgd.param_groups] == [0.05, 0.2, 0.5]


def test_biases_within_the_norm() -> None:
    module, _, _ = problem()
    before = copy.deepcopy(module)
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=0.5, biases=True)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    whole = torch.cat([before.hidden.weight, before.hidden.bias[:, None]], dim=1).norm(dim=1)
    after = proximal_norms(before.readout.weight.norm(dim=0), whole, 0.05)
    torch.testing.assert_close(module.hidden.bias, before.hidden.bias * after[1] / whole)


def test_a_closure_is_called_with_gradients() -> None:
    module, x, y = problem()
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=0.01)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (module(x) - y).square().mean()
        loss.backward()
        return loss

    assert optimizer.step(closure) > 0


@pytest.mark.parametrize("name", ["momentum", "Adam"])
def test_the_state_goes_there_and_back(name: str) -> None:
    make = OPTIMIZERS[name][0]
    module, x, y = problem()
    optimizer = ProximalPathNorm(make(module.parameters()), module, decay=0.02)
    train(module, x, y, optimizer, 5)
    twin = copy.deepcopy(module)
    other = ProximalPathNorm(make(twin.parameters()), twin, decay=1.0)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert other.decay == (0.02,)
    for mine, its in ((module, optimizer), (twin, other)):
        train(mine, x, y, its, 5)
    for first, second in zip(module.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0)
    third = ProximalPathNorm(make(twin.parameters()), twin, decay=1.0)
    third.load_state_dict(optimizer.optimizer.state_dict())
    assert third.decay == (1.0,)


def test_a_state_of_another_shape_is_refused() -> None:
    module, _, _ = problem()
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=0.02)
    state = {**optimizer.state_dict(), "path_norm": {"decay": [0.1, 0.1], "biases": False}}
    with pytest.raises(ValueError, match="1 hidden layer and"):
        optimizer.load_state_dict(state)


def refused(case: str) -> None:
    module, _, _ = problem()
    sgd = torch.optim.SGD(module.parameters(), lr=0.1)
    if case == "weight decay":
        ProximalPathNorm(torch.optim.AdamW(module.parameters()), module, decay=0.1)
    elif case == "not held":
        ProximalPathNorm(torch.optim.SGD(module.skip.parameters(), lr=0.1), module, decay=0.1)
    elif case == "unknown":
        ProximalPathNorm(torch.optim.LBFGS(module.parameters()), module, decay=0.1)
    elif case == "maximize":
        ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1, maximize=True), module, decay=0.1)
    elif case == "negative":
        ProximalPathNorm(sgd, module, decay=-1.0)
    elif case == "count":
        ProximalPathNorm(sgd, module, decay=[0.1, 0.2])
    elif case == "normalised":
        other = nn.Sequential(nn.Linear(1, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 1))
        ProximalPathNorm(torch.optim.SGD(other.parameters(), lr=0.1), other, decay=0.1)
    elif case == "tied":
        layer = nn.Linear(3, 3)
        other = nn.Sequential(layer, nn.ReLU(), layer, nn.ReLU(), nn.Linear(3, 1))
        ProximalPathNorm(torch.optim.SGD(other.parameters(), lr=0.1), other, decay=0.1)
    else:
        pair = [(module.hidden.weight, module.readout.weight.mT)]
        ProximalPathNorm(sgd, pair, decay=0.1)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("weight decay", "weight_decay=0"),
        ("not held", r"module.parameters\(\)"),
        ("unknown", "LBFGS"),
        ("maximize", "sign of the loss"),
        ("negative", "positive"),
        ("count", "1 for the hidden layers"),
        ("normalised", "chain of Linear layers"),
        ("tied", "untie"),
        ("pair", r"shape \(k, d\)"),
    ],
)
def test_what_is_refused(case: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        refused(case)


def test_pairs_of_parameters_and_step_sizes_of_ones_own() -> None:
    module, x, y = problem()
    twin = copy.deepcopy(module)
    pairs = [(module.hidden.weight, module.readout.weight)]
    known = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), pairs, decay=0.1)
    given = ProximalPathNorm(torch.optim.SGD(twin.parameters(), lr=0.1), twin, decay=0.1, steps=lambda o, p: 0.1)
    for mine, its in ((module, known), (twin, given)):
        train(mine, x, y, its, 3)
    torch.testing.assert_close(module.hidden.weight, twin.hidden.weight)


@pytest.mark.slow
@pytest.mark.full
def test_two_hundred_neurons_on_the_elevations() -> None:
    table = np.genfromtxt(shipped("topography.csv"), delimiter=",", names=True)
    x = torch.tensor(np.column_stack([table["x1"], table["x2"]]))
    y = torch.tensor(table["y_hundred_m"] - table["y_hundred_m"].mean())[:, None]
    torch.manual_seed(0)
    module, decay = WithSkip(200).double(), 4e-3
    sgd = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    train(module, x, y, ProximalPathNorm(sgd, module, decay=decay), 10_000)
    best = fit(x.numpy(), y[:, 0].numpy(), decay=decay * len(x))
    assert best.certified
    assert best.converged
    assert objective(module, x, y, decay) <= 1.01 * best.lower / len(x)
    assert len(from_model(module).measure(1e-3)) <= 30


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad"])
def test_a_rate_of_zero_changes_nothing(name: str) -> None:
    module, x, y = problem()
    optimizer = ProximalPathNorm(getattr(torch.optim, name)(module.parameters(), lr=0.1), module, decay=0.01)
    train(module, x, y, optimizer, 2)
    before = copy.deepcopy(module.state_dict())
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    train(module, x, y, optimizer, 1)
    for key, value in module.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_frozen_readout_stays_and_its_neurons_are_penalised(name: str) -> None:
    module, x, y = problem()
    module.readout.weight.requires_grad_(False)
    plain = copy.deepcopy(module)
    train(plain, x, y, getattr(torch.optim, name)(plain.parameters(), lr=0.01), 1)
    optimizer = ProximalPathNorm(getattr(torch.optim, name)(module.parameters(), lr=0.01), module, decay=0.01)
    train(module, x, y, optimizer, 1)
    torch.testing.assert_close(module.readout.weight, plain.readout.weight, rtol=0, atol=0)
    assert (module.hidden.weight.abs() < plain.hidden.weight.abs()).all()
    before = copy.deepcopy(module.state_dict())
    optimizer.zero_grad()
    optimizer.step()
    for key, value in module.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)


RULES = {
    "SGD": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "AdamW": lambda p, lr: torch.optim.AdamW(p, lr=lr, weight_decay=0),
    "RMSprop": torch.optim.RMSprop,
    "Adagrad": torch.optim.Adagrad,
}


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("still", [("hidden",), ("readout",), ("hidden", "readout")])
def test_groups_of_rate_zero_stay(rule: str, still: tuple[str, ...]) -> None:
    module, x, y = problem()
    before = copy.deepcopy(module)
    groups = [
        {"params": list(getattr(module, part).parameters()), "lr": 0.0 if part in still else 0.01}
        for part in ("hidden", "readout")
    ]
    optimizer = ProximalPathNorm(RULES[rule](groups, lr=0.01), module, decay=0.1)
    train(module, x, y, optimizer, 3)
    for part in ("hidden", "readout"):
        now, was = getattr(module, part).weight, getattr(before, part).weight
        assert bool(torch.isfinite(now).all())
        assert bool((now == was).all()) == (part in still)


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("still", ["hidden", "readout"])
@pytest.mark.parametrize("held", [False, True])
def test_frozen_layers_stay_and_the_penalty_acts_on_the_other(rule: str, still: str, held: bool) -> None:
    outcomes = []
    for decay in (1e-12, 1.0):
        module, x, y = problem()
        frozen = getattr(module, still).requires_grad_(False)
        before = frozen.weight.clone()
        parameters = [p for p in module.parameters() if held or p.requires_grad]
        optimizer = ProximalPathNorm(RULES[rule](parameters, lr=0.01), module, decay=decay)
        train(module, x, y, optimizer, 3)
        assert torch.equal(frozen.weight, before)
        outcomes.append(path_norm(module).item())
    assert outcomes[1] < outcomes[0]


@pytest.mark.parametrize("rule", list(RULES))
def test_nothing_moves_without_gradients(rule: str) -> None:
    module, x, y = problem()
    optimizer = ProximalPathNorm(RULES[rule](module.parameters(), lr=0.01), module, decay=0.1)
    train(module, x, y, optimizer, 2)
    optimizer.zero_grad()
    before = copy.deepcopy(module.state_dict())
    optimizer.step()
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


@pytest.mark.parametrize("rule", ["Adam", "AdamW", "RMSprop", "Adagrad"])
def test_entries_without_a_second_moment_are_shrunk_and_not_wiped_out(rule: str) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)).double()
    x = torch.rand(20, 3, dtype=torch.float64)
    x[:, 2] = 0  # a feature that has not been seen
    with torch.no_grad():
        module[0].bias[0] = -100.0  # a silent neuron
    before = copy.deepcopy(module)
    train(
        module,
        x,
        torch.ones(20, 1).double(),
        ProximalPathNorm(RULES[rule](module.parameters(), lr=1e-3), module, decay=1e-3),
        2,
    )
    for part in (lambda m: m[0].weight[:, 2], lambda m: m[0].weight[0], lambda m: m[2].weight[0, 0]):
        ratio = part(module) / part(before)
        assert bool((ratio < 1).all())
        assert bool((ratio > 0.8).all())


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_copies_go_on_as_the_original_does(rule: str, copied: Any) -> None:
    module, x, y = problem()
    optimizer = ProximalPathNorm(RULES[rule](module.parameters(), lr=0.01), module, decay=0.02)
    torch.optim.lr_scheduler.StepLR(optimizer, 1)
    train(module, x, y, optimizer, 2)
    twin, other = copied((module, optimizer))
    assert other.decay == (0.02,)
    assert other.param_groups is other.optimizer.param_groups
    before = copy.deepcopy(module.state_dict())
    train(twin, x, y, other, 3)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    train(module, x, y, optimizer, 3)
    for first, second in zip(module.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_groups_and_state_are_those_of_the_optimiser_after_it_has_loaded_its_own() -> None:
    module, x, y = problem()
    adam = torch.optim.Adam(module.parameters(), lr=0.01)
    optimizer = ProximalPathNorm(adam, module, decay=0.02)
    train(module, x, y, optimizer, 1)
    adam.load_state_dict(copy.deepcopy(adam.state_dict()))
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    train(module, x, y, optimizer, 1)
    schedule.step()
    assert adam.param_groups[0]["lr"] == 0.005
    assert optimizer.state is adam.state
    extra = torch.nn.Parameter(torch.ones(1))
    optimizer.add_param_group({"params": [extra]})
    assert adam.param_groups[1]["params"] == [extra]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_step_that_no_neuron_survives_warns_once(momentum: float) -> None:
    module, x, y = problem()
    sgd = torch.optim.SGD(module.parameters(), lr=1 - momentum, momentum=momentum)
    optimizer = ProximalPathNorm(sgd, module, decay=1.1)
    with pytest.warns(UserWarning, match="lower lr, momentum or decay") as warned:
        train(module, x, y, optimizer, 3)
    assert len(warned) == 1
    assert optimizer.alive() == 0
    train(module, x, y, ProximalPathNorm(sgd, module, decay=0.9), 1)  # warnings are errors


@pytest.mark.parametrize("decay", [torch.tensor(0.1), np.float32(0.1), np.array([0.1]), torch.tensor([0.1])])
def test_a_decay_may_be_a_scalar_of_torch_or_numpy(decay: Any) -> None:
    module, _, _ = problem()
    optimizer = ProximalPathNorm(torch.optim.SGD(module.parameters(), lr=0.1), module, decay=decay)
    assert optimizer.decay == pytest.approx((0.1,), rel=1e-6)
