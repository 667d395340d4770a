"""scikit-learn, its ONNX files and those of tf2onnx, arrays in files and in Python, .nnet: for file_variants.py."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _variants import Floats, Variant

import exported_onnx
import nnet_text
from radon_nn import DeepNetwork, ShallowNetwork, save

Layers = list[tuple[Floats, Floats | None]]
"""(W (out, in), b) of each layer, or no b; ReLU between."""
SIZES = {"shallow": (3, 6, 2), "deep": (3, 6, 5, 4, 2), "square": (3, 3, 3, 3)}
RELU = {"activation": "relu"}


def layers_of(sizes: tuple[int, ...], biases: bool, dtype: str = "float32") -> Layers:
    """Random layers."""
    rng = np.random.default_rng(0)
    return [
        (rng.normal(0, 0.6, (m, n)).astype(dtype), rng.normal(size=m).astype(dtype) if biases else None)
        for n, m in itertools.pairwise(sizes)
    ]


def outputs_of(layers: Layers) -> Callable[[Floats], Floats]:
    """The layers in plain NumPy, in float64."""

    def outputs(x: Floats) -> Floats:
        for k, (w, b) in enumerate(layers):
            x = x @ w.T.astype(float) + (0.0 if b is None else b.astype(float))
            x = np.maximum(x, 0) if k < len(layers) - 1 else x
        return x

    return outputs


def fitted(kind: str, activation: str, sizes: tuple[int, ...], front: str) -> Any:
    """A perceptron of scikit-learn, alone or in a pipeline, fitted for a few steps."""
    from sklearn import compose, decomposition, neural_network, pipeline, preprocessing

    rng = np.random.default_rng(0)
    x = rng.normal(1, 2, (60, 4))
    targets: dict[str, Any] = {
        "regressor": x.sum(1),
        "several targets": x[:, :2],
        "scaled target": x.sum(1),
        "two classes": x[:, 0] > 1,
        "three classes": np.digitize(x[:, 0], [0, 2]),
        "labels": (x[:, :2] > 1).astype(int),
    }
    classifies = kind in ("two classes", "three classes", "labels")
    maker = neural_network.MLPClassifier if classifies else neural_network.MLPRegressor
    model: Any = maker(hidden_layer_sizes=sizes, activation=activation, max_iter=4, random_state=0)
    fronts: dict[str, Callable[[], Any]] = {
        "StandardScaler": preprocessing.StandardScaler,
        "MinMaxScaler": preprocessing.MinMaxScaler,
        "PCA": lambda: decomposition.PCA(3),
        "ColumnTransformer": lambda: compose.ColumnTransformer(
            [("a", preprocessing.StandardScaler(), [0, 2])], remainder="passthrough"
        ),
    }
    model = pipeline.make_pipeline(fronts[front](), model) if front else model
    if kind == "scaled target":
        model = compose.TransformedTargetRegressor(model, transformer=preprocessing.StandardScaler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # four steps do not converge, and need not
        return model.fit(x, targets[kind])


KINDS_OF_TARGETS = ("regressor", "several targets", "scaled target", "two classes", "three classes", "labels")
FRONTS = ("", "StandardScaler", "MinMaxScaler", "PCA", "ColumnTransformer")
HIDDEN = ((8,), (8, 6), (5, 5, 5))


def scikit_learn() -> Iterator[Variant]:
    """Estimators themselves."""
    plans = itertools.product(KINDS_OF_TARGETS, ("relu", "tanh", "logistic", "identity"), HIDDEN, FRONTS)
    for kind, activation, sizes, front in plans:
        model = fitted(kind, activation, sizes, front)

        def outputs(x: Floats, model: Any = model, kind: str = kind) -> Floats:
            values = model.predict_proba(x) if hasattr(model, "predict_proba") else model.predict(x)
            # Of two classes the network has one output, the logit of the second.
            return np.asarray(values[:, 1:] if kind == "two classes" else values).reshape(len(x), -1)

        name = f"{kind}, {activation}, {sizes}, {front or 'alone'}"
        yield Variant(name, lambda _, model=model: model, outputs, 4)


def weights_of_scikit_learn() -> Iterator[Variant]:
    """coefs_ and intercepts_, as lists in a dict."""
    for activation, sizes in itertools.product(("relu", "tanh"), HIDDEN):
        model = fitted("several targets", activation, sizes, "")
        arrays = {"coefs_": model.coefs_, "intercepts_": model.intercepts_}
        yield Variant(
            f"{activation}, {sizes}", lambda _, arrays=arrays: arrays, model.predict, 4, {"activation": activation}
        )


def skl2onnx_files() -> Iterator[Variant]:
    """What skl2onnx writes; classifiers with probabilities as an array, and, as it comes, in dictionaries."""
    import skl2onnx

    plans = itertools.product(KINDS_OF_TARGETS, ("relu", "tanh", "logistic", "identity"), HIDDEN[:2], FRONTS)
    for kind, activation, sizes, front in plans:
        if kind == "scaled target":  # skl2onnx has no converter of it
            continue
        model = fitted(kind, activation, sizes, front)
        classifies = kind not in ("regressor", "several targets")
        for zipped in (False, True) if classifies and not front else (False,):

            def write(folder: Path, model: Any = model, zipped: bool = zipped, classifies: bool = classifies) -> Path:
                options = {"zipmap": zipped} if classifies else None
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # skl2onnx's own
                    made = skl2onnx.to_onnx(model, np.zeros((1, 4), np.float32), options=options)
                (folder / "net.onnx").write_bytes(made.SerializeToString())
                return folder / "net.onnx"

            def outputs(x: Floats, model: Any = model, kind: str = kind) -> Floats:
                values = model.predict_proba(x) if hasattr(model, "predict_proba") else model.predict(x)
                # Of labels skl2onnx writes 1 - p and p.
                values = np.concatenate([1 - values, values], 1) if kind == "labels" else values
                return np.asarray(values).reshape(len(x), -1)

            name = f"{kind}, {activation}, {sizes}, {front or 'alone'}{', zipmap' if zipped else ''}"
            said = "convert the model with options={'zipmap': False}" if zipped else ""
            yield Variant(name, write, outputs, 4, refused=said)


def tf2onnx_files() -> Iterator[Variant]:
    """Graphs as tf2onnx writes them, by hand, against ONNX's own evaluator."""
    from onnx.reference import ReferenceEvaluator

    activations = ("Relu", "Elu", "Selu", "Softplus", "Tanh", "Sigmoid")
    for activation, biases, form in itertools.product(activations, (True, False), exported_onnx.TF2ONNX):
        made, shape = exported_onnx.tf2onnx(form, activation, biases), exported_onnx.TF2ONNX[form]

        def outputs(x: Floats, made: Any = made, shape: Any = shape, form: str = form) -> Floats:
            dtype = np.float64 if form == "doubles" else np.float32
            given = {"x:0": x.reshape(-1, *shape[1:]).astype(dtype)}
            return np.asarray(ReferenceEvaluator(made).run(["Identity:0"], given)[0], float).reshape(len(x), -1)

        def write(folder: Path, made: Any = made) -> Path:
            (folder / "net.onnx").write_bytes(made.SerializeToString())
            return folder / "net.onnx"

        inputs = int(np.prod(shape[1:]))
        yield Variant(f"{activation}, {'biases' if biases else 'no biases'}, {form}", write, outputs, inputs)


def _state(layers: Layers, name: str, keys: tuple[str, str], turned: bool = False) -> dict[str, Floats]:
    """Arrays by name; the name has a place for the layer's number from 0, or the numbers from 1 as {}."""
    state = {}
    for k, (w, b) in enumerate(layers):
        place = name.format(k=k, twice=2 * k, one=k + 1)
        state[f"{place}{keys[0]}"] = w.T if turned else w
        if b is not None:
            state[f"{place}{keys[1]}"] = b
    return state


NAMED: dict[str, tuple[str, tuple[str, str], bool]] = {
    "0.weight": ("{twice}.", ("weight", "bias"), False),
    "model.0.weight": ("model.{twice}.", ("weight", "bias"), False),
    "fc1.weight": ("fc{one}.", ("weight", "bias"), False),
    "module.layers.0.weight": ("module.layers.{k}.", ("weight", "bias"), False),
    "Dense_0/kernel": ("params/Dense_{k}/", ("kernel", "bias"), True),
    "dense_1/kernel": ("dense_{one}/", ("kernel", "bias"), True),
    "linear_0/w": ("mlp/~/linear_{k}/", ("w", "b"), True),
    "layer0.W": ("layer{k}.", ("W", "b"), False),
    "coefs_0": ("{{}}_{k}", ("coefs", "intercepts"), True),
    "W1": ("{{}}{one}", ("W", "b"), False),
}
"""How PyTorch, Flax, Keras, Haiku, scikit-learn and people name arrays; whether matrices are (in, out)."""


def named(layers: Layers, style: str) -> dict[str, Floats]:
    """The layers' arrays by name, in one of the styles."""
    name, keys, turned = NAMED[style]
    if "{{}}" not in name:
        return _state(layers, name, keys, turned)
    state = {}
    for k, (w, b) in enumerate(layers):
        for key, array in zip(keys, (w.T if turned else w, b), strict=True):
            if array is not None:
                state[name.format(k=k, one=k + 1).format(key)] = array
    return state


def _layout(form: str, sizes: str, biases: bool) -> dict[str, Any]:
    """The layout of matrices, where neither their sizes nor biases say it."""
    if sizes != "square" and biases:
        return {}
    turned = form in ("pairs, (in, out)", "Flax") or (form in NAMED and NAMED[form][2])
    return {"layout": "in_out" if turned else "out_in"}


def arrays_by_name(written: str) -> Iterator[Variant]:
    """Arrays by name in files that NumPy and safetensors write; square ones whose layout is not said: refused."""
    plans = itertools.product(NAMED, SIZES, (True, False), ("float16", "float32", "float64"))
    for style, sizes, biases, dtype in plans:
        layers = layers_of(SIZES[sizes], biases, dtype)

        def write(folder: Path, layers: Layers = layers, style: str = style) -> Path:
            state = named(layers, style)
            if written == "safetensors":
                from safetensors.numpy import save_file

                save_file({key: np.ascontiguousarray(array) for key, array in state.items()}, folder / "n.safetensors")
                return folder / "n.safetensors"
            (np.savez if written == "npz" else np.savez_compressed)(folder / "net.npz", **state)
            return folder / "net.npz"

        name = f"{style}, {sizes}, {'biases' if biases else 'no biases'}, {dtype}"
        # Of names with slashes the last part is not taken for the word.
        refused = "name arrays by layer, a dot" if "/" in style else ""
        yield Variant(name, write, outputs_of(layers), 3, RELU | _layout(style, sizes, biases), refused)
        if dtype == "float32" and not refused and not NAMED[style][2] and (sizes == "square" or not biases):
            yield Variant(f"{name}, layout not said", write, outputs_of(layers), 3, RELU, "say layout=")


def native(suffix: str) -> Iterator[Variant]:
    """What `save` writes."""
    rng = np.random.default_rng(0)

    def layer(n: int, d: int, outputs: int, activation: str, skip: bool) -> ShallowNetwork:
        draw = rng.standard_normal
        parts = (draw((n, d)), draw(n), draw((outputs, n)))
        return ShallowNetwork(*parts, draw((outputs, d)) if skip else None, draw(outputs), activation=activation)

    activations = ("relu", "leaky_relu 0.1", "gelu", "tanh", "softplus", "clip -2.0 0.5", "truncated_power 2")
    for activation, depth, skip in itertools.product(activations, (1, 2, 3), (True, False)):
        layers = [layer(5, 3, 3 if k < depth - 1 else 2, activation, skip) for k in range(depth)]
        network = layers[0] if depth == 1 else DeepNetwork(layers)

        def write(folder: Path, network: Any = network) -> Path:
            save(folder / f"net{suffix}", network)
            return folder / f"net{suffix}"

        outputs = lambda x, network=network: network(x).reshape(len(x), -1)  # noqa: E731
        yield Variant(f"{activation}, {depth} layers, {'skip' if skip else 'no skip'}", write, outputs, 3)


def nnet_files() -> Iterator[Variant]:
    """Texts of the verification community, by hand, against a plain evaluation of the format."""
    changes: dict[str, Callable[[str], str]] = {
        "as written": str,
        "no commas at the ends": lambda text: text.replace(",\n", "\n"),
        "lines end as on Windows": lambda text: text.replace("\n", "\r\n"),
        "no comments": lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("//")),
        "spaces": lambda text: text.replace(",", ", "),
    }
    plans = itertools.product(((3, 1), (3, 5, 2), (3, 5, 4, 2), (4, 4, 4, 4, 4)), (True, False), changes)
    for sizes, scaled, change in plans:
        rng = np.random.default_rng(0)
        layers = nnet_text.random_layers(rng, list(sizes))
        d = sizes[0]
        means = rng.normal(0, 1, d + 1) if scaled else np.zeros(d + 1)
        ranges = rng.uniform(0.5, 2, d + 1) if scaled else np.ones(d + 1)
        text = changes[change](nnet_text.text(layers, means, ranges))

        def write(folder: Path, text: str = text) -> Path:
            (folder / "net.nnet").write_bytes(text.encode())
            return folder / "net.nnet"

        outputs = lambda x, parts=(layers, means, ranges): nnet_text.plainly(*parts, x)  # noqa: E731
        yield Variant(f"{sizes}, {'scaled' if scaled else 'not scaled'}, {change}", write, outputs, d)


def in_python() -> Iterator[Variant]:
    """Lists and dicts of arrays, of NumPy and, if installed, of JAX."""
    forms: dict[str, Callable[[Layers], Any]] = {
        "pairs": lambda layers: [(w, b) for w, b in layers],
        "pairs, (in, out)": lambda layers: [(w.T, b) for w, b in layers],
        "weights and biases": lambda layers: {"weights": [w for w, _ in layers], "biases": [b for _, b in layers]},
        "one after the other": lambda layers: [part for pair in layers for part in pair if part is not None],
        "dicts in a list": lambda layers: [{"weight": w} | ({} if b is None else {"bias": b}) for w, b in layers],
        "Flax": lambda layers: {
            "params": {
                f"Dense_{k}": {"kernel": w.T} | ({} if b is None else {"bias": b}) for k, (w, b) in enumerate(layers)
            }
        },
    }
    forms |= {style: lambda layers, style=style: named(layers, style) for style in NAMED}
    libraries: list[tuple[str, Callable[[Any], Any]]] = [("NumPy", lambda tree: tree)]
    try:
        import jax
    except ImportError:
        pass
    else:
        libraries.append(("JAX", lambda tree: jax.tree.map(jax.numpy.asarray, tree)))
    for (library, made), form, sizes, biases in itertools.product(libraries, forms, SIZES, (True, False)):
        if form in ("pairs", "pairs, (in, out)", "weights and biases") and not biases:
            continue
        layers = layers_of(SIZES[sizes], biases)
        tree = made(forms[form](layers))
        # A list of matrices alone may be anything.
        unnamed = "/" in form or (form == "one after the other" and not biases)
        refused = "name arrays by layer, a dot" if unnamed else ""
        name = f"{library}, {form}, {sizes}, {'biases' if biases else 'no biases'}"
        told = RELU | _layout(form, sizes, biases)
        yield Variant(name, lambda _, tree=tree: tree, outputs_of(layers), 3, told, refused)


KINDS: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[Variant]]]] = {
    "scikit-learn, live": (("sklearn",), scikit_learn),
    "scikit-learn, coefs_": (("sklearn",), weights_of_scikit_learn),
    "ONNX, skl2onnx": (("sklearn", "skl2onnx"), skl2onnx_files),
    "ONNX, tf2onnx-like": (("onnx",), tf2onnx_files),
    "safetensors, of NumPy": (("safetensors",), lambda: arrays_by_name("safetensors")),
    "npz by name": ((), lambda: arrays_by_name("npz")),
    "npz by name, compressed": ((), lambda: arrays_by_name("compressed")),
    "npz of radon_nn": ((), lambda: native(".npz")),
    "safetensors of radon_nn": (("safetensors",), lambda: native(".safetensors")),
    ".nnet": ((), nnet_files),
    "lists and dicts": ((), in_python),
}
"""The packages that a kind needs, and its variants."""
