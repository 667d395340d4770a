"""The flat public names: each is there, loaded at its first use, and nothing heavy before."""

import ast
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import radon_nn

STUB = Path(radon_nn.__file__).with_name("__init__.pyi")


def test_all_lists_what_the_stub_declares() -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    declared = next(node.value for node in tree.body if isinstance(node, ast.Assign))
    assert sorted(ast.literal_eval(declared)) == sorted(radon_nn.__all__)


@pytest.mark.parametrize("name", sorted(radon_nn.__all__))
def test_every_name_is_there_and_documented(name: str) -> None:
    assert getattr(radon_nn, name).__doc__
    assert name in dir(radon_nn)


@pytest.mark.parametrize("name", ["io", "plot", "skimage"])
def test_modules_are_reached_without_an_import_of_their_own(name: str) -> None:
    assert getattr(radon_nn, name).__name__ == f"radon_nn.{name}"
    assert name not in radon_nn.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="wavelet"):
        radon_nn.wavelet  # noqa: B018


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import radon_nn", ("numpy", "scipy", "numba", "matplotlib", "skimage")),
        ("from radon_nn import radon, iradon, RadonTransform", ("matplotlib", "scipy.stats", "skimage")),
        (
            "from radon_nn import ShallowNetwork, RidgeMeasure, load",
            ("matplotlib", "scipy.stats", "skimage", "h5py", "onnx"),
        ),
    ],
)
def test_an_import_loads_only_what_it_uses(code: str, absent: tuple[str, ...]) -> None:
    checked = f"import sys; {code}; print([name for name in {absent!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", checked], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "name", [name for name in sorted(radon_nn.__all__) if isinstance(getattr(radon_nn, name), type)]
)
def test_a_class_is_named_by_the_package(name: str) -> None:
    assert getattr(radon_nn, name).__module__ == "radon_nn"


@pytest.mark.parametrize(
    "value",
    [
        radon_nn.Ball(2.0, [1.0, 0.0]),
        radon_nn.Grid((4, 5), 0.5),
        radon_nn.RidgeMeasure([[1.0, 0.0]], [0.2], [3.0]),
        radon_nn.RTV(1.0, 1.0, 1.0, "by hand", "R^2"),
    ],
)
def test_a_pickle_names_no_internal_module(value: object) -> None:
    written = pickle.dumps(value)
    assert b"radon_nn." not in written
    assert repr(pickle.loads(written)) == repr(value)
