"""PyTorch modules, Sequential and hand-written: outputs at float32 rounding; what no network is, is named."""

from typing import Any

import numpy as np
import pytest

from radon_nn import DeepNetwork, ShallowNetwork, from_model, load, rtv, verify
from radon_nn.readers.live_models import understood

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


@pytest.fixture(autouse=True)
def _seeded() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


class Net(nn.Module):  # type: ignore[misc, name-defined]
    """A module whose forward is given."""

    def __init__(self, forward: Any, **layers: Any) -> None:
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.how = forward

    def forward(self, x: Any) -> Any:
        return self.how(self, x)


def settled(layer: Any) -> Any:
    """A normalisation with statistics of its own."""
    layer.running_mean.normal_()
    layer.running_var.uniform_(0.5, 2)
    layer.weight.data.normal_()
    layer.bias.data.normal_()
    return layer


def fc(inputs: int = 3, outputs: int = 4, **options: Any) -> Any:
    return nn.Linear(inputs, outputs, **options)


ACTIVATIONS = [
    nn.ReLU(),
    nn.LeakyReLU(0.2),
    nn.ReLU6(),
    nn.Hardtanh(-0.5, 0.25),
    nn.ELU(0.7),
    nn.CELU(1.5),
    nn.SELU(),
    nn.Softplus(),
    nn.Softplus(beta=3.0),
    nn.GELU(),
    nn.GELU(approximate="tanh"),
    nn.SiLU(),
    nn.Tanh(),
    nn.Sigmoid(),
    nn.LogSigmoid(),
    nn.Hardsigmoid(),
    nn.Hardswish(),
    nn.PReLU(),
    nn.PReLU(4, 0.3),
]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_every_activation(activation: Any) -> None:
    model = nn.Sequential(fc(), activation, fc(4, 2))
    network = from_model(model)
    assert isinstance(network, ShallowNetwork)
    assert verify(model)
    agreement = verify(model, np.random.default_rng(0).standard_normal((64, 3)))
    assert agreement.max_error < 2e-6
    assert rtv(network).value > 0


MODELS = {
    "one layer": (lambda: fc(), ShallowNetwork),
    "no bias": (lambda: nn.Sequential(fc(bias=False), nn.ReLU(), fc(4, 1, bias=False)), ShallowNetwork),
    "flat": (
        lambda: nn.Sequential(nn.Flatten(), nn.Dropout(0.5), fc(), nn.ReLU(), nn.Identity(), fc(4)),
        ShallowNetwork,
    ),
    "nested": (lambda: nn.Sequential(nn.Sequential(fc(), nn.Tanh()), nn.Sequential(fc(4), nn.ReLU())), DeepNetwork),
    "normalised": (
        lambda: nn.Sequential(settled(nn.BatchNorm1d(3)), fc(), settled(nn.BatchNorm1d(4)), nn.ReLU(), fc(4, 2)),
        ShallowNetwork,
    ),
    "weight norm": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(fc()), nn.ReLU(), fc(4, 1)),
        ShallowNetwork,
    ),
    "functional": (
        lambda: Net(lambda m, x: m.b(F.leaky_relu(m.a(x.view(x.size(0), -1)), 0.3)), a=fc(), b=fc(4, 2)),
        ShallowNetwork,
    ),
    "methods": (lambda: Net(lambda m, x: m.b(torch.relu(m.a(x)).tanh()), a=fc(), b=fc(4, 2)), DeepNetwork),
    "residual": (
        lambda: Net(
            lambda m, x: m.c(m.a(x) + m.d(F.relu(m.b(m.a(x))))), a=fc(), b=fc(4), c=fc(4, 2), d=nn.Dropout(0.3)
        ),
        ShallowNetwork,
    ),
    "joined": (
        lambda: Net(lambda m, x: m.b(torch.cat([x, m.a(x).clamp(min=0)], dim=1)), a=fc(), b=fc(7, 1)),
        ShallowNetwork,
    ),
    "clamped": (lambda: Net(lambda m, x: m.b(m.a(x).clamp(max=0.5)), a=fc(), b=fc(4)), ShallowNetwork),
    "arithmetic": (
        lambda: Net(lambda m, x: 2 - (m.b(F.relu(m.a(x) * 3 - 1)) / 4 - 0.5) + 1, a=fc(), b=fc(4, 2)),
        ShallowNetwork,
    ),
    "matrices": (
        lambda: Net(
            lambda m, x: F.linear(F.relu(x @ m.W + m.v), m.U) @ m.S.t(),
            W=nn.Parameter(torch.randn(3, 4)),
            v=nn.Parameter(torch.randn(4)),
            U=nn.Parameter(torch.randn(2, 4)),
            S=nn.Parameter(torch.randn(2, 2)),
        ),
        ShallowNetwork,
    ),
    "computed weights": (
        lambda: Net(
            lambda m, x: F.relu(x @ (2 * m.W).T) @ torch.exp(m.U).t() + m.W.shape[0] * 0.5,
            W=nn.Parameter(torch.randn(4, 3) / 4),
            U=nn.Parameter(torch.randn(2, 4) / 4),
        ),
        ShallowNetwork,
    ),
    "squeezed": (lambda: Net(lambda m, x: m.b(F.silu(m.a(x))).squeeze(-1), a=fc(), b=fc(4, 1)), ShallowNetwork),
    "sine": (lambda: Net(lambda m, x: m.b(torch.sin(m.a(x))), a=fc(), b=fc(4, 1)), ShallowNetwork),
    "logits": (lambda: nn.Sequential(fc(), nn.ReLU(), fc(4, 3), nn.Softmax(dim=1)), ShallowNetwork),
    "log logits": (lambda: Net(lambda m, x: F.log_softmax(m.b(F.relu(m.a(x))), 1), a=fc(), b=fc(4)), ShallowNetwork),
    "probability": (lambda: nn.Sequential(fc(), nn.ReLU(), fc(4, 1), nn.Sigmoid()), ShallowNetwork),
    "double": (lambda: nn.Sequential(fc(), nn.ReLU(), fc(4, 1)).double(), ShallowNetwork),
    "half": (lambda: nn.Sequential(fc(), nn.ReLU(), fc(4, 1)).to(torch.bfloat16), ShallowNetwork),
}


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str) -> None:
    make, kind = MODELS[name]
    model = make()
    model.train()
    found = understood(model, check=True)
    assert type(found.network) is kind
    agreement = verify(model, np.random.default_rng(1).standard_normal((50, 3)), found=found)
    assert agreement
    assert agreement.max_error < {"double": 1e-14, "half": 0.1}.get(name, 3e-6)
    assert model.training
    assert "agree at 50 points" in str(agreement)


def test_notes_say_what_was_done() -> None:
    found = understood(MODELS["normalised"][0]())
    assert found.notes == ("BatchNorm1d is folded, by its running statistics",)
    found = understood(MODELS["flat"][0]())
    assert found.notes == ("Dropout is passed over, as in evaluation",)
    found = understood(MODELS["probability"][0]())
    assert (found.link, found.notes) == ("sigmoid", ("the final sigmoid is left off: outputs are logits",))


def test_a_final_sigmoid_can_be_kept() -> None:
    model = MODELS["probability"][0]()
    network = from_model(model, logits=False)
    assert isinstance(network, DeepNetwork)
    x = np.random.default_rng(0).standard_normal((20, 3))
    with torch.no_grad():
        assert np.abs(network(x) - model(torch.tensor(x, dtype=torch.float32)).numpy()[:, 0]).max() < 1e-6


class Two(nn.Module):  # type: ignore[misc, name-defined]
    """A module of two inputs."""

    def forward(self, x: Any, y: Any) -> Any:
        return x + y


def loop(m: Any, x: Any) -> Any:
    return m.a(x) if x.sum() > 0 else x


REFUSED = [
    (lambda: nn.Sequential(nn.Conv1d(1, 2, 3)), "Conv1d: expected layers among AlphaDropout, BatchNorm1d"),
    (lambda: nn.Sequential(fc(), nn.LayerNorm(4)), r"1 \(LayerNorm\): expected layers among"),
    (lambda: nn.Sequential(fc(), nn.Softsign()), r"1 \(Softsign\): expected layers among"),
    (lambda: nn.Sequential(fc(), nn.Softmax(1), fc(4)), "Sequential: expected a softmax as the last layer only"),
    (lambda: nn.Sequential(fc(), nn.BatchNorm1d(4, track_running_stats=False)), r"1 \(BatchNorm1d\): expected running"),
    (lambda: Net(loop, a=fc()), "Net: expected a forward method that torch.fx can trace, got TraceError"),
    (lambda: Net(lambda m, x: m.a(x) * m.a(x), a=fc()), "mul: expected sums of values, got a mul of two of them"),
    (lambda: Net(lambda m, x: torch.cos(m.a(x)), a=fc()), "cos: the function cos is not supported"),
    (
        lambda: Net(lambda m, x: torch.add(m.a(x), m.a(x), alpha=2), a=fc()),
        "add: expected add of two operands, got also alpha",
    ),
    (lambda: Net(lambda m, x: 1 / m.a(x), a=fc()), "truediv: expected division by constants"),
    (lambda: Two(), r"Two: expected one input, got \['x', 'y'\]"),
    (
        lambda: Net(lambda m, x: m.b(m.a(x).clamp(max=0.5)) - m.b(m.a(x).clamp(-1, 1)), a=fc(), b=fc(4)),
        "Net: layer 1: expected one activation, got clip -1.0 1.0 and relu side by side",
    ),
    (lambda: nn.Sequential(), "Sequential, without a Linear layer: expected layers among"),
    (lambda: nn.Sequential(fc(), nn.ReLU(), fc(5)), r"2 \(Linear\): expected a matrix with 4 inputs"),
]


@pytest.mark.parametrize(("make", "said"), REFUSED)
def test_what_is_no_network_is_named(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}") as caught:
        from_model(make())
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_finite() -> None:
    model = nn.Sequential(fc(), nn.ReLU(), fc(4, 1))
    model[0].weight.data[1, 2] = float("nan")
    with pytest.raises(ValueError, match=r"^0 \(Linear\): expected finite numbers, got 1 non-finite"):
        from_model(model)


def test_a_wrong_network_is_found_out() -> None:
    model = nn.Sequential(fc(), nn.ReLU(), fc(4, 1))
    other = from_model(nn.Sequential(fc(), nn.ReLU(), fc(4, 1)))
    agreement = verify(model, network=other)
    assert not agreement
    assert "DO NOT agree" in str(agreement)


def test_trained_on_real_data(tmp_path: Any) -> None:
    """The shipped elevations: trained, read live and from a state dict, its spikes and R-TV."""
    from radon_nn.io import shipped

    table = np.genfromtxt(shipped("topography.csv"), delimiter=",", names=True)
    x = torch.tensor(np.stack([table["x1"], table["x2"]], axis=1), dtype=torch.float32)
    y = torch.tensor(table[table.dtype.names[2]], dtype=torch.float32)[:, None]
    y = y - y.mean()
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
    descent = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(200):
        descent.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        descent.step()
    assert loss.item() < 0.5 * (y**2).mean().item()
    network = from_model(model)
    assert isinstance(network, ShallowNetwork)
    assert verify(model, x.numpy()).max_error < 1e-5
    measure = network.measure()
    assert 0 < len(measure) <= 32
    assert rtv(network).value <= network.path_norm * (1 + 1e-12)
    torch.save(model.state_dict(), tmp_path / "net.pt")
    assert load(tmp_path / "net.pt", activation="relu") == network
    assert from_model(model.state_dict(), activation="relu", layout="out_in") == network
