"""Programs of torch.export (.pt2), read as their graph without PyTorch, against PyTorch's own outputs."""

import json
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from named_tensors import refused
from radon_nn import load, verify
from radon_nn.io import read
from radon_nn.readers.exported_programs import ARGUMENTS

torch = pytest.importorskip("torch")
if not hasattr(torch, "export"):
    pytest.skip("torch.export came with PyTorch 2.1", allow_module_level=True)
nn, F = torch.nn, torch.nn.functional


def exported(model: Any, path: Path, *shape: int, batch: bool = True, core: bool = False) -> Path:
    shape = shape or (2, 3)
    sizes = ({0: torch.export.Dim("batch")},) if batch else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(model.eval(), (torch.zeros(*shape),), dynamic_shapes=sizes)
        torch.export.save(program.run_decompositions() if core else program, path)
    with zipfile.ZipFile(path) as archive:
        if not any("/models/" in name for name in archive.namelist()):
            pytest.skip("this version of PyTorch writes an older archive")
    return path


def fc(inputs: int = 3, outputs: int = 4, **options: Any) -> Any:
    return nn.Linear(inputs, outputs, **options)


class Net(nn.Module):  # type: ignore[misc, name-defined]
    """A module whose forward is given."""

    def __init__(self, forward: Any, **layers: Any) -> None:
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.how = forward

    def forward(self, x: Any) -> Any:
        return self.how(self, x)


ACTIVATIONS = [
    *(nn.ReLU(), nn.LeakyReLU(0.2), nn.ReLU6(), nn.Hardtanh(-0.5, 0.25), nn.ELU(0.7), nn.CELU(1.5), nn.SELU()),
    *(nn.Softplus(), nn.Softplus(beta=3.0), nn.GELU(), nn.GELU(approximate="tanh"), nn.SiLU(), nn.Tanh()),
    *(nn.Sigmoid(), nn.LogSigmoid(), nn.Hardsigmoid(), nn.Hardswish(), nn.PReLU(), nn.PReLU(4, 0.3)),
]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_every_activation(tmp_path: Path, activation: Any) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(fc(), activation, fc(4, 2))
    network = load(exported(model, tmp_path / "net.pt2"))
    assert verify(model, network=network)


MODELS = {
    "no bias": lambda: nn.Sequential(fc(bias=False), nn.ReLU(), fc(4, 1, bias=False)),
    "dropout": lambda: nn.Sequential(nn.Flatten(), nn.Dropout(0.5), fc(), nn.ReLU(), nn.Identity(), fc(4)),
    "normalised": lambda: nn.Sequential(nn.BatchNorm1d(3), fc(), nn.BatchNorm1d(4, affine=False), nn.ReLU(), fc(4, 2)),
    "residual": lambda: Net(lambda m, x: m.b(F.relu(m.a(x))) + 0.5 * x - 1, a=fc(), b=fc(4, 3)),
    "joined": lambda: Net(
        lambda m, x: m.b(torch.cat([F.relu(m.a(x)), x, -x / 3], -1)), a=fc(), b=fc(10, 2, bias=False)
    ),
    "clamped": lambda: Net(lambda m, x: torch.clamp(m.a(x), min=-0.2).clamp(max=0.3), a=fc()),
    "sine": lambda: Net(lambda m, x: m.b(torch.sin(2 * m.a(x))), a=fc(), b=fc(4, 1)),
    "a product": lambda: Net(lambda m, x: F.relu(x @ m.a.weight.T) - m.a.bias, a=fc()),
    "softmax": lambda: nn.Sequential(fc(), nn.ReLU(), fc(4, 3), nn.Softmax(dim=-1)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("core", [False, True])
def test_models(tmp_path: Path, name: str, core: bool) -> None:
    torch.manual_seed(0)
    model = MODELS[name]()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    assert verify(model, network=load(exported(model, tmp_path / "net.pt2", core=core)))


@pytest.mark.parametrize("activation", [nn.ELU(0.7), nn.SiLU(), nn.Softplus(), nn.Hardswish(), nn.PReLU()], ids=repr)
def test_activations_in_core_operators(tmp_path: Path, activation: Any) -> None:
    """What run_decompositions leaves whole is read; what it takes apart is refused, and the remedy helps."""
    torch.manual_seed(0)
    model = nn.Sequential(fc(), activation, fc(4, 2))
    path = exported(model, tmp_path / "net.pt2", core=True)
    try:
        network = load(path)
    except ValueError as error:
        assert "save the program before run_decompositions" in str(error)  # noqa: PT017
        network = load(exported(model, path))
    assert verify(model, network=network)


def test_one_sample_fixed_batches_and_matrices(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(fc(), nn.ReLU(), fc(4, 2)).double()
    model.float()
    assert verify(model, network=load(exported(model, tmp_path / "net.pt2", 3, batch=False)))
    assert verify(model, network=load(exported(model, tmp_path / "net.pt2", 5, 3, batch=False)))
    flat = nn.Sequential(nn.Flatten(), fc(16, 4), nn.ReLU(), fc(4, 2))
    found = read(exported(flat, tmp_path / "net.pt2", 2, 4, 4))
    assert verify(flat, np.random.default_rng(0).standard_normal((9, 4, 4)), network=found.network)
    assert "inputs of shape (4, 4) are taken as rows of 16" in found.notes


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: nn.Sequential(fc(), nn.LayerNorm(4)), "expected operators among .*got layer_norm; .*live model"),
        (lambda: Net(lambda m, x: m.a(x) * m.a(x), a=fc()), "got a product of two values, which is no network"),
        (lambda: nn.Sequential(fc(), nn.Softplus(threshold=5)), r"expected a softplus linear above 20.*threshold 5"),
        (lambda: Net(lambda m, x: m.a(x).T, a=fc()), "got one of a value of the network"),
        (lambda: Net(lambda m, x: (m.a(x), x), a=fc()), "expected one input and one output, got 1 and 2"),
    ],
)
def test_refusals(tmp_path: Path, model: Any, said: str) -> None:
    refused(exported(model(), tmp_path / "net.pt2"), said)


def _viewed(view: Any, change: Any, *, last: str = "view") -> Any:
    """A net that takes a view of a value, changes the value or the view in place, and goes on with the other."""

    def forward(m: Any, x: Any) -> Any:
        value = m.a(x)
        seen = view(value)
        change(value if last == "view" else seen)
        return m.b(torch.flatten(seen if last == "view" else value, 1))

    return Net(forward, a=fc(), b=fc(4, 2))


VIEWS = {
    "view": lambda h: h.view(-1, 4),
    "detach": lambda h: h.detach(),
    "flatten": lambda h: torch.flatten(h, 1),
    "unsqueeze": lambda h: h.unsqueeze(1),
    "dropout": lambda h: F.dropout(h, 0.5, False),
    "reshape of a view": lambda h: h.unsqueeze(2).reshape(-1, 4),
}
CHANGES = {
    "relu_": lambda h: h.relu_(),
    "inplace": lambda h: F.leaky_relu(h, 0.3, inplace=True),
    "mul_": lambda h: h.mul_(3.0),
    "add_": lambda h: h.add_(1.0),
}


@pytest.mark.parametrize("last", ["view", "value"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("view", VIEWS)
def test_operators_in_place_on_a_tensor_with_other_names(tmp_path: Path, view: str, change: str, last: str) -> None:
    """What is changed under one name is changed under the other: it was read as if it were not."""
    torch.manual_seed(0)
    model = _viewed(VIEWS[view], CHANGES[change], last=last)
    path = exported(model, tmp_path / "net.pt2", 2, 3, batch=False)
    try:
        network = load(path)
    except ValueError as error:
        assert "write the operator without the trailing underscore" in str(error)  # noqa: PT017
    else:
        assert verify(model, network=network)


def test_operators_in_place_on_a_tensor_of_one_name(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(fc(), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(0.3, inplace=True), fc(4, 2))
    assert verify(model, network=load(exported(model, tmp_path / "net.pt2")))
    model = Net(lambda m, x: m.b(m.a(x).mul_(2.0).relu_()), a=fc(), b=fc(4, 2))
    assert verify(model, network=load(exported(model, tmp_path / "net.pt2")))


def test_hints_and_training(tmp_path: Path) -> None:
    refused(exported(nn.Sequential(fc()), tmp_path / "net.pt2"), "expected no activation", activation="relu")
    model = nn.Sequential(fc(), nn.BatchNorm1d(4)).train()
    program = torch.export.export(model, (torch.zeros(2, 3),))
    torch.export.save(program, tmp_path / "net.pt2")
    refused(tmp_path / "net.pt2", r"call model\.eval\(\) before export")


def test_programs_are_read_without_torch(tmp_path: Path) -> None:
    exported(nn.Sequential(fc(), nn.ReLU(), fc(4, 1)), tmp_path / "net.pt2")
    code = f"import sys; from radon_nn import load; load({str(tmp_path / 'net.pt2')!r}); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_graphs_that_were_changed(tmp_path: Path) -> None:
    """With checksums right: refused in one line, or a network of the sizes that the program states."""
    path, out = exported(nn.Sequential(fc(), nn.ReLU(), fc(4, 2)), tmp_path / "net.pt2"), tmp_path / "out.pt2"
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    member = next(name for name in content if "/models/" in name)
    rng, said = np.random.default_rng(0), []
    for _ in range(150):
        tree = json.loads(content[member])
        spots = list(_spots(tree["graph_module"]))
        holder, key = spots[rng.integers(len(spots))]
        others = [None, 3, "linear", [], {}, {"as_tensor": {"name": "input"}}, -1]
        holder[key] = others[rng.integers(len(others))]
        with zipfile.ZipFile(out, "w") as archive:
            for name, part in content.items():
                archive.writestr(name, json.dumps(tree) if name == member else part)
        try:
            network = load(out)
        except (ValueError, MemoryError) as error:
            said.append(str(error))
        else:
            assert network.dim == 3
    assert all(line.startswith(str(out)) and line.isprintable() for line in said)


def _spots(tree: Any) -> Any:
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from _spots(tree[key])


def test_arguments_of_other_names(tmp_path: Path) -> None:
    """PyTorch passes over an argument that it does not know: a bias of another name would be left out."""
    path = exported(nn.Sequential(fc(), nn.ReLU(), fc(4, 2)), tmp_path / "net.pt2")
    with zipfile.ZipFile(path) as archive:
        content = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    (model,) = (name for name in content if "/models/" in name)
    known = "expected known arguments of linear, each once"
    for new, said in ((b'"name": "biac"', known), (b'"name": "weight"', "expected")):
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data.replace(b'"name": "bias"', new, 1) if name == model else data)
        refused(path, said)


def test_the_names_of_arguments_are_those_of_pytorch() -> None:
    operators = torch.ops.aten
    for name in ("linear", "addmm", "batch_norm", "elu", "softplus", "gelu", "hardtanh", "clamp", "div", "flatten"):
        packet = getattr(operators, name)
        known = [{part.name for part in getattr(packet, kind)._schema.arguments} for kind in packet.overloads()]
        assert any(names <= set(ARGUMENTS) for names in known)
