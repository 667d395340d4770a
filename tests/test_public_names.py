"""The flat public names: each is there, loaded at its first use, and nothing heavy before."""

import ast
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import radon_nn
from radon_nn._support.guessed_names import INSTEAD

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
    with pytest.raises(AttributeError, match=r"has no attribute 'wavelet'$"):
        radon_nn.wavelet  # noqa: B018
    assert not hasattr(radon_nn, "__wrapped__")


@pytest.mark.parametrize("guess", sorted(INSTEAD))
def test_names_that_people_guess_are_told_what_to_write(guess: str) -> None:
    """The names written in the remedy are there, and the guess is not."""
    with pytest.raises(AttributeError) as error:
        getattr(radon_nn, guess)
    _, remedy = str(error.value).split("; write ")
    named = re.findall(r"radon_nn((?:\.\w+)+)", remedy)
    assert named
    for dotted in named:
        found: object = radon_nn
        for part in dotted.strip(".").split("."):
            found = getattr(found, part)
        assert callable(found)


def test_names_nearly_right_and_packages_to_import_are_told() -> None:
    for guess, told in (
        ("shallownetwork", r"did you mean radon_nn\.ShallowNetwork\?"),
        ("find_spike", r"did you mean radon_nn\.find_spikes\?"),
        ("plot_network", r"write radon_nn\.plot\.overview\(f\)"),
        ("FBP", r"write radon_nn\.iradon"),
    ):
        with pytest.raises(AttributeError, match=told):
            getattr(radon_nn, guess)
    told = run("import radon_nn; radon_nn.torch").stderr
    assert "AttributeError: radon_nn has no attribute 'torch'; write import radon_nn.torch" in told


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


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
