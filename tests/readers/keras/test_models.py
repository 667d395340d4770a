"""Keras models, live and from files, against Keras' own outputs; layers and files that are no such models refused."""

import io
import itertools
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
h5py = pytest.importorskip("h5py")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

from radon_nn import DeepNetwork, ShallowNetwork, from_model, verify  # noqa: E402
from radon_nn.readers.graph import Understood  # noqa: E402
from radon_nn.readers.keras.models import read_keras, read_keras_file  # noqa: E402

# Keras with PyTorch hands its tensors to NumPy in a way that NumPy 2 deprecates, whenever it saves or returns weights.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

L = keras.layers


def randomised(model: Any, seed: int = 0) -> Any:
    """The model with every array random; variances stay positive."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.dtype != "int32":
            draw = (
                rng.uniform(0.5, 1.5, weight.shape) if "variance" in weight.path else rng.normal(0, 0.6, weight.shape)
            )
            weight.assign(draw.astype(np.float32))
    return model


def sequential(*layers: Any, features: int | tuple[int, ...] = 5) -> Any:
    shape = features if isinstance(features, tuple) else (features,)
    return randomised(keras.Sequential([keras.Input(shape), *layers]))


def output(model: Any, x: np.ndarray) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(model(x.astype(np.float32), training=False)), np.float64)


def inputs(model: Any, n: int = 200) -> np.ndarray:
    draw = np.random.default_rng(1).normal(0, 2, (n, *model.input_shape[1:]))
    return draw.astype(np.float32).astype(np.float64)


def test_a_model_of_matrices_is_verified_in_its_own_shape() -> None:
    """Issue: from_model and verify ended in Keras's own traceback."""
    model = sequential(L.Flatten(), L.Dense(5, activation="relu"), L.Dense(2), features=(4, 4))
    network = from_model(model)
    x = inputs(model, 20)
    np.testing.assert_allclose(network(x.reshape(20, 16)), output(model, x), atol=1e-5)
    assert verify(model)
    assert verify(model, x)
    assert verify(model, x.reshape(20, 16))
    with pytest.raises(ValueError, match=r"^points: expected shape \(\.\.\., 16\)"):
        verify(model, np.ones((20, 4, 5)))


def same(model: Any, tmp_path: Path, x: np.ndarray | None = None, reference: Any = None, **options: bool) -> Understood:
    """Live and from the file the same network, whose outputs are Keras' to float32's rounding."""
    path = tmp_path / "model.keras"
    model.save(path)
    live, read = read_keras(model, **options), read_keras_file(path, **options)
    assert live.network == read.network
    assert live.notes == read.notes
    assert read.source == str(path)
    assert model.name in live.source
    x = inputs(model) if x is None else x
    wanted = output(model if reference is None else reference, x)
    got = live.network(x.reshape(len(x), -1)).reshape(wanted.shape)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=3e-6 * np.abs(wanted).max())
    return live


def refused(path: Path, said: str, error: type[Exception] = ValueError) -> None:
    """In one line that names the file and says what is wrong."""
    with pytest.raises(error, match=said) as caught:
        read_keras_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 2500


ACTIVATIONS = [
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "softplus",
    "gelu",
    "silu",
    "swish",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "log_sigmoid",
    "linear",
]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name(tmp_path: Path, name: str) -> None:
    read = same(sequential(L.Dense(7, activation=name), L.Dense(2)), tmp_path)
    assert isinstance(read.network, ShallowNetwork)
    same(sequential(L.Dense(7), L.Activation(name), L.Dense(4, activation=name), L.Dense(1)), tmp_path)


LAYERS: dict[str, Callable[[], Any]] = {
    "relu": lambda: L.ReLU(),
    "relu capped": lambda: L.ReLU(max_value=1.5),
    "relu capped at 6": lambda: L.ReLU(max_value=6.0),
    "relu sloping": lambda: L.ReLU(negative_slope=0.2),
    "relu capped and sloping": lambda: L.ReLU(max_value=1.5, negative_slope=0.2),
    "leaky relu": lambda: L.LeakyReLU(),
    "leaky relu 0.05": lambda: L.LeakyReLU(negative_slope=0.05),
    "elu": lambda: L.ELU(alpha=0.7),
    "prelu": lambda: L.PReLU(),
    "prelu shared": lambda: L.PReLU(shared_axes=[1]),
    "dropout": lambda: L.Dropout(0.5),
    "gaussian noise": lambda: L.GaussianNoise(0.5),
    "gaussian dropout": lambda: L.GaussianDropout(0.5),
    "alpha dropout": lambda: L.AlphaDropout(0.5),
    "batch normalization": lambda: L.BatchNormalization(epsilon=0.01),
    "batch normalization, bare": lambda: L.BatchNormalization(center=False, scale=False, axis=1),
    "batch normalization, no center": lambda: L.BatchNormalization(center=False),
    "normalization": lambda: L.Normalization(),
    "normalization, given": lambda: L.Normalization(mean=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], variance=6 * [2.0]),
    "normalization, inverse": lambda: L.Normalization(mean=0.5, variance=2.0, invert=True),
    "rescaling": lambda: L.Rescaling(0.5, offset=1.0),
    "rescaling, each": lambda: L.Rescaling([0.5, 1.0, 2.0, 3.0, 4.0, 5.0], offset=[1.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
    "identity": lambda: L.Identity(),
    "flatten": lambda: L.Flatten(),
    "reshape": lambda: L.Reshape((6,)),
    "reshape there and back": lambda: keras.Sequential([L.Reshape((2, -1)), L.ReLU(), L.Flatten()]),
    "activation that is a layer": lambda: L.Dense(4, activation=L.LeakyReLU(negative_slope=0.3)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(tmp_path: Path, name: str) -> None:
    # A batch of its own: drawn with the layer in inference, so that noise and dropout are out.
    same(sequential(L.Dense(6), LAYERS[name](), L.Dense(2)), tmp_path)


def test_frozen_and_biasless_layers(tmp_path: Path) -> None:
    frozen = L.BatchNormalization(trainable=False)
    same(sequential(L.Dense(6, use_bias=False, activation="relu"), frozen, L.Dense(2, use_bias=False)), tmp_path)


def test_notes_say_what_was_folded_and_passed_over(tmp_path: Path) -> None:
    layers = [L.Dense(3, name="a"), L.BatchNormalization(name="b"), L.ReLU(), L.Dropout(0.1, name="c"), L.Dense(1)]
    notes = same(sequential(*layers), tmp_path).notes
    assert any("'b' folded with its moving statistics" in note for note in notes)
    assert any("Dropout 'c' passed over" in note for note in notes)


@pytest.mark.parametrize("last", ["softmax", "sigmoid", "log_softmax"])
@pytest.mark.parametrize("own_layer", [False, True])
def test_the_last_layer_gives_logits(tmp_path: Path, last: str, own_layer: bool) -> None:
    head = [L.Dense(3), L.Activation(last), L.Dropout(0.1)] if own_layer else [L.Dense(3, activation=last)]
    model = sequential(L.Dense(6, activation="tanh"), *head)
    bare = keras.Sequential([keras.Input((5,)), L.Dense(6, activation="tanh"), L.Dense(3)])
    bare.set_weights(model.get_weights())
    read = same(model, tmp_path, reference=bare)
    assert any(f"final {last} is left off" in note for note in read.notes)
    if last == "sigmoid":
        assert not any("left off" in note for note in same(model, tmp_path, logits=False).notes)
    else:
        with pytest.raises(ValueError, match="expected no softmax, got one at the end"):
            read_keras(model, logits=False)


def test_softmax_layer_and_softmax_inside(tmp_path: Path) -> None:
    model = sequential(L.Dense(3, activation="relu"), L.Dense(3), L.Softmax())
    assert "the final softmax is left off: outputs are logits" in read_keras(model).notes
    with pytest.raises(ValueError, match="expected a softmax as the last layer only"):
        read_keras(sequential(L.Dense(3, activation="softmax"), L.Dense(3, activation="softmax")))


def residual(activation: str = "relu") -> Any:
    start = keras.Input((5,))
    x = L.Dense(6, activation=activation)(start)
    y = L.Dense(6, activation=activation)(x)
    x = L.Add()([x, y])
    y = x - L.Dense(6)(x)
    z = L.Average()([x, y, L.Subtract()([y, x])]) + y
    joined = L.Concatenate()([z, start, x])
    return randomised(keras.Model(start, L.Dense(2)(L.Dense(4, activation=activation)(joined))))


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_residual_models(tmp_path: Path, activation: str) -> None:
    read = same(residual(activation), tmp_path)
    assert isinstance(read.network, DeepNetwork)
    assert len(read.network.layers) == 3


def test_shared_layers_and_nested_models(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), L.Dense(4, activation="silu"), L.Dense(4)], name="inner")
    a = keras.Input((4,))
    block = keras.Model(a, L.Add()([a, inner(a)]), name="block")
    start = keras.Input((5,))
    shared = L.Dense(4)
    x = shared(start)
    x = block(block(x))
    y = L.Dense(5)(x)
    model = randomised(keras.Model(start, L.Add()([shared(y), x])))
    read = same(model, tmp_path)
    assert isinstance(read.network, DeepNetwork)
    outer = randomised(keras.Sequential([keras.Input((5,)), model, L.Dense(1)]))
    same(outer, tmp_path)


def test_inputs_and_outputs_in_dictionaries(tmp_path: Path) -> None:
    start = keras.Input((5,), name="a")
    model = randomised(keras.Model({"a": start}, L.Dense(2)(L.Dense(3, "relu")(start))))
    network = read_keras(model).network
    x = inputs(sequential(L.Dense(1)))
    wanted = keras.ops.convert_to_numpy(model({"a": x.astype(np.float32)}))
    np.testing.assert_allclose(network(x), wanted, rtol=1e-5, atol=1e-5)


def test_inputs_of_images_are_rows(tmp_path: Path) -> None:
    model = sequential(L.Rescaling(1 / 16), L.Flatten(), L.Dense(5, activation="relu"), L.Dense(2), features=(4, 3, 2))
    assert "inputs of shape (4, 3, 2) are taken as rows of 24" in same(model, tmp_path).notes


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_weights_of_other_types_come_exactly(tmp_path: Path, dtype: str) -> None:
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="relu", dtype=dtype), L.Dense(2, dtype=dtype)])
    path = tmp_path / "m.keras"
    model.save(path)
    live, read = read_keras(model).network, read_keras_file(path).network
    assert live == read
    assert isinstance(read, ShallowNetwork)
    assert np.array_equal(read.weights, np.asarray(model.layers[0].get_weights()[0], np.float64).T)
    assert len(np.unique(read.weights)) > 15


def test_files_without_names_are_read_by_order(tmp_path: Path) -> None:
    """As early versions of Keras 3 wrote them."""
    model = residual()
    model.save(tmp_path / "m.keras")

    def nameless(file: Any) -> None:
        file.visititems(lambda _, entry: entry.attrs.pop("name", None) and None)

    changed = rewritten(tmp_path / "m.keras", weights=nameless)
    assert read_keras_file(changed).network == read_keras(model).network


# Real data.


def test_a_regression_trained_on_diabetes(tmp_path: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_diabetes(return_X_y=True, scaled=False)
    keras.utils.set_random_seed(0)
    normal = L.Normalization()
    normal.adapt(x.astype(np.float32))
    layers = [normal, L.Dense(16), L.BatchNormalization(), L.ReLU(), L.Dropout(0.1), L.Dense(8, "gelu"), L.Dense(1)]
    model = keras.Sequential([keras.Input((10,)), *layers])
    model.compile("adam", "mse")
    model.fit(x.astype(np.float32), (y[:, None] / 100).astype(np.float32), epochs=3, verbose=0)
    read = same(model, tmp_path, x.astype(np.float32).astype(np.float64))
    assert isinstance(read.network, DeepNetwork)


def test_a_classifier_trained_on_digits(tmp_path: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    keras.utils.set_random_seed(0)
    start = keras.Input((8, 8))
    x = L.Dense(24, "relu")(L.Flatten()(L.Rescaling(1 / 16)(start)))
    x = L.Add()([x, L.Dense(24, "relu")(x)])
    model = keras.Model(start, L.Dense(10, "softmax")(x))
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(digits.images[:500].astype(np.float32), digits.target[:500], batch_size=64, epochs=6, verbose=0)
    model.save(tmp_path / "m.keras")
    live, read = read_keras(model), read_keras_file(tmp_path / "m.keras")
    assert live.network == read.network
    logits = read.network(digits.data)
    soft = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(soft / soft.sum(1, keepdims=True), output(model, digits.images), atol=1e-5)
    assert (logits.argmax(1) == digits.target).mean() > 0.7


def test_a_classifier_trained_on_wine(tmp_path: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_wine(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((13,)), L.Dense(8, "elu"), L.Dense(3)])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, epochs=10, verbose=0)
    assert isinstance(same(model, tmp_path, x.astype(np.float64)).network, ShallowNetwork)


# What is refused.


def rewritten(
    path: Path,
    *,
    config: Callable[[Any], Any] | None = None,
    weights: Callable[[Any], Any] | None = None,
    **other: bytes,
) -> Path:
    """The file with its config or weights changed in place, and other members replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if config:
        parsed = json.loads(parts["config.json"])
        replaced = config(parsed)
        parts["config.json"] = json.dumps(parsed if replaced is None else replaced).encode()
    if weights:
        stream = io.BytesIO(parts["model.weights.h5"])
        with h5py.File(stream, "r+") as file:
            weights(file)
        parts["model.weights.h5"] = stream.getvalue()
    parts |= {name.replace("_", "."): content for name, content in other.items()}
    changed = path.with_name("changed.keras")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return changed


class Own(L.Dense):
    """A class of one's own."""


def relu(x: Any) -> Any:
    return x * x


def two_outputs() -> Any:
    start = keras.Input((5,))
    return keras.Model(start, [L.Dense(1)(start), L.Dense(2)(start)])


def training() -> Any:
    start = keras.Input((5,))
    return keras.Model(start, L.Dropout(0.5)(start, training=True))


def scaled() -> Any:
    start = keras.Input((5,))
    return keras.Model(start, start + 2.0)


LIVE: list[tuple[Callable[[], Any], str, type[Exception]]] = [
    (lambda: 3, "expected a Sequential or Functional model of Keras 3, got builtins.int", TypeError),
    (lambda: L.Dense(3), "expected a Sequential or Functional model", TypeError),
    (lambda: keras.Sequential([L.Dense(3)]), "a known shape", ValueError),
    (lambda: sequential(L.Conv1D(3, 2), L.Flatten(), features=(5, 2)), "got 'Conv1D'", ValueError),
    (lambda: sequential(L.LayerNormalization()), "got 'LayerNormalization'", ValueError),
    (lambda: sequential(Own(3)), "got 'Own'", ValueError),
    (lambda: sequential(L.Dense(3), features=(2, 4)), r"expected inputs of shape \(batch, features\)", ValueError),
    (lambda: sequential(L.Dense(3, activation="softsign")), "got 'softsign'", ValueError),
    (
        lambda: sequential(L.Dense(3, activation=relu)),
        "expected an activation of Keras, got <function relu",
        ValueError,
    ),
    (lambda: sequential(L.ReLU(threshold=1.0)), "expected threshold 0", ValueError),
    (lambda: sequential(L.Flatten(data_format="channels_first"), features=(2, 3)), "channels_last", ValueError),
    (lambda: sequential(L.BatchNormalization(), L.Flatten(), features=(2, 3)), r"\(batch, features\)", ValueError),
    (lambda: sequential(L.Dense(3, activation=L.PReLU())), "expected 2 arrays|expected one of", ValueError),
    (two_outputs, "expected a model of one output, got 2", ValueError),
    (training, "in inference", ValueError),
    (scaled, "expected outputs of layers as arguments, got 2.0", ValueError),
    (lambda: sequential(L.Dense(3, activation="relu"), features=(3, None)), "known shape|.*", ValueError),
]


@pytest.mark.parametrize(("make", "said", "error"), LIVE)
def test_models_without_translation(make: Callable[[], Any], said: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=said) as caught:
        read_keras(make())
    assert "\n" not in str(caught.value)


def test_activations_side_by_side_are_refused() -> None:
    start = keras.Input((5,))
    model = keras.Model(start, L.Add()([L.Dense(3, "relu")(start), L.Dense(3, "tanh")(start)]))
    with pytest.raises(ValueError, match=r"^model '.*': layer 1: expected one activation, got relu and tanh"):
        read_keras(model)


def test_code_is_refused_and_never_run(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5,)), L.Lambda(lambda x: x), L.Dense(1)])
    with pytest.raises(ValueError, match=r"got 'Lambda' of module 'keras.layers'; code is never run"):
        read_keras(model)
    model.save(tmp_path / "m.keras")
    refused(tmp_path / "m.keras", "got 'Lambda' of module 'keras.layers'; code is never run")


def test_a_subclass_is_refused() -> None:
    class Mine(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(TypeError, match=r"got .*Mine; what a subclass computes is code"):
        read_keras(Mine())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    model = sequential(L.Dense(3, activation="relu", name="first"), L.BatchNormalization(), L.Dense(2, name="last"))
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_missing_and_empty_files(tmp_path: Path) -> None:
    refused(tmp_path / "none.keras", "no such file", FileNotFoundError)
    refused(tmp_path, "expected a .keras file, got a folder", IsADirectoryError)
    (tmp_path / "empty.keras").touch()
    refused(tmp_path / "empty.keras", "expected a .keras file, got 0 bytes")


@pytest.mark.parametrize("size", [1, 22, 100, 4096])
def test_random_bytes(tmp_path: Path, size: int) -> None:
    (tmp_path / "noise.keras").write_bytes(np.random.default_rng(size).bytes(size))
    refused(tmp_path / "noise.keras", f"expected a .keras file, got {size} bytes")


def test_a_bare_pickle_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "p.keras").write_bytes(pickle.dumps({"weights": [1.0]}))
    refused(tmp_path / "p.keras", "expected a .keras file")


def test_truncated_anywhere(saved: Path) -> None:
    whole, cut = saved.read_bytes(), saved.with_name("cut.keras")
    for length in {*range(0, len(whole), 509), *range(len(whole) - 300, len(whole), 7), len(whole) - 1}:
        cut.write_bytes(whole[:length])
        refused(cut, "expected a .keras file")


def outcome(path: Path, network: Any) -> str:
    """What reading a damaged file comes to."""
    try:
        read = read_keras_file(path).network
    except (ValueError, MemoryError) as error:
        return "refused" if str(path) in str(error) and "\n" not in str(error) else repr(error)
    except Exception as error:
        return repr(error)
    return "the same network" if read == network else "another network"


def test_one_damaged_byte_is_refused_or_harmless(saved: Path) -> None:
    whole, hit, network = saved.read_bytes(), saved.with_name("hit.keras"), read_keras_file(saved).network
    # The directory at the end byte by byte; before it, every byte is under a checksum but for the members' headers.
    places = [*range(120), *range(120, len(whole) - 400, 61), *range(len(whole) - 400, len(whole))]
    outcomes = {}
    for at in places:
        hit.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        outcomes[at] = outcome(hit, network)
    assert not {at: said for at, said in outcomes.items() if said not in ("refused", "the same network")}
    assert 0 < list(outcomes.values()).count("the same network") < len(places) / 2


def test_damaged_numbers_are_never_returned(saved: Path) -> None:
    whole, hit, network = saved.read_bytes(), saved.with_name("hit.keras"), read_keras_file(saved).network
    assert isinstance(network, ShallowNetwork)
    numbers = np.ascontiguousarray(network.weights.T, dtype="<f4").tobytes()
    start = whole.index(numbers)
    for at in range(start, start + len(numbers), 7):
        hit.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(hit, "CRC")


def test_damage_behind_the_checksum_is_refused_or_leaves_a_finite_network(saved: Path) -> None:
    """As if it were there before the weights were zipped: a damaged number is another number, which HDF5 cannot know.

    In a process of its own, as HDF5 is C, and has crashed and hung on such files.
    """
    with zipfile.ZipFile(saved) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    whole, hits = parts["model.weights.h5"], saved.with_name("hits")
    hits.mkdir()
    used = np.flatnonzero(np.frombuffer(whole, np.uint8))
    for at in np.random.default_rng(0).choice(used, 300, replace=False):
        with zipfile.ZipFile(hits / f"{at}.keras", "w") as archive:
            for name, content in parts.items():
                hit = whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
                archive.writestr(name, hit if name.endswith("h5") else content)
    code = (
        "import sys, pathlib, numpy as np\n"
        "from radon_nn.readers.keras.models import read_keras_file\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try:\n"
        "        assert np.isfinite(read_keras_file(path).network(np.ones((1, 5)))).all()\n"
        "        print('network')\n"
        "    except (ValueError, MemoryError) as error:\n"
        "        print('refused' if str(path) in str(error) and '\\n' not in str(error) else repr(error))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(hits)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    outcomes = ran.stdout.split("\n")[:-1]
    assert len(outcomes) == 300
    assert set(outcomes) == {"network", "refused"}


def test_other_archives(saved: Path) -> None:
    path = saved.with_name("z.keras")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "Dear reader")
    refused(path, r"with metadata.json, config.json, model.weights.h5, got 'letter.txt'")
    refused(rewritten(saved, **{"run_me_py": b"print()"}), "got 'config.json'.*'run.me.py'")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive, zipfile.ZipFile(saved) as source:
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    refused(path, "compressed by method")


def test_compressed_archives_are_read(saved: Path) -> None:
    path = saved.with_name("z.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(saved) as source:
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    assert read_keras_file(path).network == read_keras_file(saved).network


def test_zip_bombs_are_refused_before_they_are_read(saved: Path) -> None:
    path = saved.with_name("bomb.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(saved) as source:
        for name in source.namelist():
            archive.writestr(name, bytes(200 << 20) if name.endswith("h5") else source.read(name))
    assert path.stat().st_size < 1 << 20
    refused(path, "compressed at most 100-fold, got 'model.weights.h5' with 209715200 bytes")


@pytest.mark.parametrize(("declared", "error"), [(10**16, MemoryError), (50_000, ValueError), (10, ValueError)])
def test_declared_sizes_must_hold(saved: Path, declared: int, error: type[Exception]) -> None:
    path = saved.with_name("lie.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(saved) as source:
        for name in source.namelist():
            archive.writestr(name, source.read(name))
        archive.filelist[-1].file_size = declared
    refused(path, "GiB" if error is MemoryError else "expected a .keras file", error)


CONFIGS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda c: 3, "not as Keras 3 writes it"),
    (lambda c: [], "not as Keras 3 writes it"),
    (lambda c: {}, "not as Keras 3 writes it"),
    (lambda c: c["config"].update(layers=[]), "arrays of layers in the config only|known shape"),
    (lambda c: c["config"].update(layers=3), "not as Keras 3 writes it"),
    (lambda c: c["config"]["layers"][1].pop("config"), "not as Keras 3 writes it"),
    (lambda c: c["config"]["layers"][1]["config"].update(units=4), r"'first': kernel: expected shape \(5, 4\), got"),
    (lambda c: c["config"]["layers"][1]["config"].update(units=10**12), "kernel: expected shape"),
    (lambda c: c["config"]["layers"][1]["config"].update(units="3"), "not as Keras 3 writes it"),
    (lambda c: c["config"]["layers"][1]["config"].update(use_bias=False), "'first': expected 1 array "),
    (lambda c: c["config"]["layers"][1]["config"].update(name="other"), "expected arrays of layers in the config only"),
    (lambda c: c["config"]["layers"][1]["config"].update(activation="a\nb"), r"'first': activation: .*got 'a\\nb'"),
    (lambda c: c["config"]["layers"].pop(1), "expected arrays of layers in the config only"),
    (lambda c: c["config"]["layers"][1].update(module="os"), "got 'Dense' of module 'os'"),
    (lambda c: c["config"]["layers"][1].update(registered_name="p>Dense"), "got 'Dense' of module"),
    (lambda c: c["config"]["layers"][0]["config"].update(batch_shape=[None, 10**9]), "operations on at most"),
    (lambda c: c["config"]["layers"][0]["config"].update(batch_shape=[None, -5]), "known shape"),
    (lambda c: c["config"]["layers"].extend(3000 * [c["config"]["layers"][0]]), "at most 2000 operations"),
    (lambda c: c["config"]["layers"][2]["config"].update(epsilon=-100.0), "variance: expected positive"),
    (lambda c: c["config"]["layers"][2]["config"].update(epsilon=float("nan")), "epsilon: expected a finite number"),
    (lambda c: c.update(class_name="Mine"), "got 'Mine'"),
    (lambda c: c.update(class_name="Dense"), "expected a model that is Sequential or Functional, got Dense"),
]


@pytest.mark.parametrize(("change", "said"), CONFIGS)
def test_configs_that_make_no_network(saved: Path, change: Callable[[Any], Any], said: str) -> None:
    def only(config: Any) -> Any:
        changed = change(config)
        return changed if changed in (3, [], {}) else None

    refused(rewritten(saved, config=only), said)


@pytest.mark.parametrize(
    ("member", "content", "said"),
    [
        ("config_json", b"{", "config.json: expected JSON"),
        ("config_json", b"\xff\xfe", "config.json: expected JSON"),
        ("config_json", b"[" * 10**6, "config.json: expected JSON"),
        ("config_json", b" " * (2**24 + 1), "config.json: expected at most"),
        ("metadata_json", b"{}", "not as Keras 3 writes it"),
        ("metadata_json", b'{"keras_version": "2.13.1"}', "expected Keras 3, got '2.13.1'"),
        ("metadata_json", b'{"keras_version": 3}', "expected Keras 3, got 3|not as Keras"),
        ("model_weights_h5", b"", "expected an HDF5 file"),
        ("model_weights_h5", b"Dear reader", "expected an HDF5 file"),
    ],
)
def test_members_that_are_something_else(saved: Path, member: str, content: bytes, said: str) -> None:
    refused(rewritten(saved, **{member: content}), said)


def put(path: str, value: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[path]
        if value is not None:
            file[path] = value

    return change


def declared(file: Any) -> None:
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (5 * 10**9, 3), "f4")


def chunked(file: Any) -> None:
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (10**6, 3), "f4", compression="gzip", chunks=True)


def repeated(file: Any) -> None:
    file["layers/dense/vars/big"] = np.zeros(10**5, "f4")
    for k in range(2, 50):
        file[f"layers/dense/vars/{k}"] = file["layers/dense/vars/big"]
    del file["layers/dense/vars/big"]


def external(file: Any) -> None:
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (5, 3), "f4", external=[("/etc/passwd", 0, 60)])


WEIGHTS: list[tuple[Callable[[Any], None], str]] = [
    (put("layers/dense/vars/0", np.full((5, 3), np.nan, "f4")), "'first': kernel: expected finite numbers, got 15"),
    (put("layers/dense/vars/1", np.full(3, np.inf, "f4")), "'first': bias: expected finite numbers, got 3"),
    (put("layers/dense/vars/0", np.ones((3, 5), "f4")), r"'first': kernel: expected shape \(5, 3\), got \(3, 5\)"),
    (put("layers/dense/vars/1", np.ones(4, "f4")), r"'first': kernel, bias: expected shape \(3,\), got \(4,\)"),
    (put("layers/dense/vars/0", np.ones((5, 3), "i1")), "'first': kernel: expected floats, got int8"),
    (put("layers/dense/vars/0", np.full((5, 3), b"ab")), "expected numbers"),
    (put("layers/dense/vars/0", None), "expected it in this file, got nothing"),
    (put("layers/dense", None), "'first': expected 2 arrays .*got 0"),
    (put("layers", None), "'first': expected 2 arrays .*got 0"),
    (put("layers/batch_normalization/vars/3", np.full(3, -1, "f4")), "variance: expected positive numbers"),
    (put("layers/dense/vars/0", h5py.SoftLink("/layers/dense_1/vars/0")), "expected it in this file"),
    (put("layers/dense/vars/0", h5py.ExternalLink("other.h5", "/a")), "expected it in this file"),
    (put("layers/dense", h5py.SoftLink("/layers/dense_1")), "got a link to elsewhere"),
    (put("layers/dense/vars", np.ones(3)), "expected a group 'vars', got an array"),
    (declared, "expected 60000000000 bytes for shape"),
    (chunked, "expected 12000000 bytes for shape"),
    (repeated, "the same bytes more than once"),
    (external, "expected 60 bytes"),
]


@pytest.mark.parametrize(("change", "said"), WEIGHTS)
def test_weights_that_make_no_network(saved: Path, change: Callable[[Any], None], said: str) -> None:
    refused(rewritten(saved, weights=change), said)


def functional(layers: list[dict[str, Any]], path: Path, features: int = 4) -> Path:
    """A file of layers without arrays, from (class, config, names of the layers before)."""
    start = {"class_name": "InputLayer", "config": {"batch_shape": [None, features], "name": "in"}, "inbound_nodes": []}

    def node(before: list[str]) -> dict[str, Any]:
        tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [b, 0, 0]}} for b in before]
        return {"args": [tensors], "kwargs": {}}

    made = [start] + [
        {
            "class_name": layer["kind"],
            "config": {"name": layer["name"], **layer.get("config", {})},
            "inbound_nodes": [node(layer["before"])],
        }
        for layer in layers
    ]
    for layer in made:
        layer["module"] = "keras.layers"
    ends = {"input_layers": ["in", 0, 0], "output_layers": [layers[-1]["name"], 0, 0]}
    config = {"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": made, **ends}}
    stream = io.BytesIO()
    h5py.File(stream, "w").close()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", stream.getvalue())
    return path


def chain(kind: str, length: int, times: int = 1, **config: Any) -> list[dict[str, Any]]:
    names = ["in", *(f"x{k}" for k in range(length))]
    pairs = itertools.pairwise(names)
    return [{"kind": kind, "name": b, "before": times * [a], "config": config} for a, b in pairs]


def test_growth_without_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    # Forty sums of a value with itself are 2^40 ways, and one vector.
    network = read_keras_file(functional(chain("Add", 40, 2), path)).network
    np.testing.assert_allclose(network(np.ones((1, 4))), 2.0**40)
    network = read_keras_file(functional(chain("ReLU", 3), path)).network
    assert len(network.layers) == 3  # type: ignore[union-attr]
    assert isinstance(read_keras_file(functional(chain("Identity", 1500), path)).network, ShallowNetwork)
    read_keras_file(functional(chain("Rescaling", 1500, scale=1.0, offset=0.0), path))
    refused(functional(chain("Identity", 3000), path), "at most 2000 operations")
    refused(functional(chain("Concatenate", 40, 2), path), "at most 33554432 numbers")
    refused(functional(chain("ReLU", 2), path, 10**5), "GiB", MemoryError)
    refused(functional(chain("Rescaling", 300, scale=1.0, offset=0.0), path, 8000), "GiB", MemoryError)


def test_circles_and_loose_ends_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    circle = [{"kind": "ReLU", "name": "a", "before": ["b"]}, {"kind": "ReLU", "name": "b", "before": ["a"]}]
    refused(functional(circle, path), "expected layers without a cycle, got one")
    refused(functional([{"kind": "ReLU", "name": "a", "before": ["nowhere"]}], path), "not as Keras 3 writes it")
    refused(functional([{"kind": "Add", "name": "a", "before": []}], path), "expected one input, got 0")
    twins = [{"kind": "ReLU", "name": "a", "before": ["in"]}, {"kind": "ReLU", "name": "a", "before": ["in"]}]
    refused(functional(twins, path), "distinct names")


def test_without_h5py_the_remedy_is_said(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"pip install 'radon-nn\[keras\]'"):
        read_keras_file(saved)


def test_nothing_is_imported_on_the_users_behalf(saved: Path) -> None:
    """Neither by the import, nor, but for h5py, by reading a file."""
    code = (
        "import sys, radon_nn, radon_nn.readers.keras.models as k\n"
        "print(sorted({'keras', 'h5py', 'torch', 'tensorflow', 'jax'} & set(sys.modules)))\n"
        f"k.read_keras_file({str(saved)!r})\n"
        "print(sorted({'keras', 'h5py', 'torch', 'tensorflow', 'jax'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:2] == ["[]", "['h5py']"]
