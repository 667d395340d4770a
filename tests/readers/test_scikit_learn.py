"""scikit-learn's estimators on real data: pipelines folded, outputs to rounding."""

import warnings
from typing import Any

import numpy as np
import pytest

from radon_nn import DeepNetwork, ShallowNetwork, from_model, rtv, verify
from radon_nn.readers.live_models import understood

pytest.importorskip("sklearn")
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

X, Y = load_diabetes(return_X_y=True)
WINE, KIND = load_wine(return_X_y=True)


def mlp(*sizes: int, **options: Any) -> Any:
    return MLPRegressor(hidden_layer_sizes=sizes or (12,), max_iter=30, random_state=0, **options)


def classifier(*sizes: int, **options: Any) -> Any:
    return MLPClassifier(hidden_layer_sizes=sizes or (12,), max_iter=30, random_state=0, **options)


def fitted(model: Any, x: Any = X, y: Any = Y) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # thirty iterations do not converge, and need not
        return model.fit(x, y)


MODELS = {
    "plain": (lambda: mlp(), ()),
    "tanh": (lambda: mlp(activation="tanh"), ()),
    "logistic": (lambda: mlp(activation="logistic"), ()),
    "identity": (lambda: mlp(activation="identity"), ()),
    "deep": (lambda: mlp(12, 7), ()),
    "standard": (lambda: make_pipeline(StandardScaler(), mlp()), ("StandardScaler is folded into the first layer",)),
    "half standard": (lambda: make_pipeline(StandardScaler(with_mean=False), mlp()), None),
    "unscaled": (lambda: make_pipeline(StandardScaler(with_std=False), mlp()), None),
    "min max": (lambda: make_pipeline(MinMaxScaler((-1, 3)), mlp()), None),
    "max abs": (lambda: make_pipeline(MaxAbsScaler(), "passthrough", FunctionTransformer(), mlp()), None),
    "robust": (lambda: make_pipeline(RobustScaler(), mlp()), None),
    "half robust": (lambda: make_pipeline(RobustScaler(with_centering=False), mlp()), None),
    "pca": (lambda: make_pipeline(PCA(4), mlp()), None),
    "white pca": (lambda: make_pipeline(StandardScaler(), PCA(4, whiten=True), mlp()), None),
    "target": (
        lambda: TransformedTargetRegressor(make_pipeline(StandardScaler(), mlp()), transformer=StandardScaler()),
        (
            "StandardScaler is folded into the first layer",
            "StandardScaler of the target is folded into the last layer",
        ),
    ),
    "min max target": (lambda: TransformedTargetRegressor(mlp(), transformer=MinMaxScaler()), None),
    "affine target": (
        lambda: TransformedTargetRegressor(mlp(), func=lambda y: (y - 3) / 7, inverse_func=lambda z: 7 * z + 3),
        ("FunctionTransformer of the target is folded into the last layer",),
    ),
    "scaled twice target": (
        lambda: TransformedTargetRegressor(
            mlp(), transformer=make_pipeline(MinMaxScaler((-1, 2)), StandardScaler(), FunctionTransformer())
        ),
        None,
    ),
    "columns": (
        lambda: make_pipeline(
            ColumnTransformer(
                [
                    ("a", StandardScaler(), [3, 0]),
                    ("b", "drop", [1]),
                    ("c", "passthrough", slice(4, 6)),
                    ("d", PCA(2), [6, 7]),
                ],
                remainder=MinMaxScaler(),
            ),
            mlp(),
        ),
        None,
    ),
    "columns after scaling": (
        lambda: make_pipeline(
            StandardScaler(), ColumnTransformer([("a", RobustScaler(), [2])], remainder="passthrough"), mlp()
        ),
        None,
    ),
    "imputed": (lambda: make_pipeline(SimpleImputer(), StandardScaler(), mlp()), None),
    "search": (lambda: GridSearchCV(mlp(), {"alpha": [0.1, 1.0]}, cv=2), ("the best estimator of a search",)),
}


@pytest.mark.parametrize("name", MODELS)
def test_regressors(name: str) -> None:
    make, notes = MODELS[name]
    model = fitted(make())
    found = understood(model, check=True)
    assert notes is None or found.notes == notes
    assert isinstance(found.network, DeepNetwork if name == "deep" else ShallowNetwork)
    agreement = verify(model, X, found=found)
    assert agreement
    assert agreement.max_error < 1e-9
    if isinstance(found.network, ShallowNetwork):
        assert rtv(found.network).value == pytest.approx(found.network.path_norm, rel=1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_classifiers_give_logits(classes: int) -> None:
    x, kind = (WINE, KIND) if classes == 3 else (WINE[KIND < 2], KIND[KIND < 2])
    model = fitted(make_pipeline(StandardScaler(), classifier()), x, kind)
    found = understood(model, check=True)
    assert found.link == ("softmax" if classes == 3 else "sigmoid")
    assert found.network.outputs == (3 if classes == 3 else 1)
    assert verify(model, x).max_error < 1e-12
    assert found.notes[-1] == f"the final {found.link} is left off: outputs are logits"
    scores = found.network(x)
    decided = scores.argmax(axis=1) if classes == 3 else (scores > 0).astype(int)
    assert np.array_equal(decided, model.predict(x))


def test_a_final_sigmoid_can_be_kept() -> None:
    model = fitted(classifier(), WINE[KIND < 2], KIND[KIND < 2])
    network = from_model(model, logits=False)
    np.testing.assert_allclose(network(WINE), model.predict_proba(WINE)[:, 1], atol=1e-12)


COLOURS = np.array(["red", "green", "blue"])


def mixed(framed: bool, rng: np.random.Generator, n: int = 120) -> Any:
    """Numbers, two columns of categories, and one that is dropped."""
    columns = {
        "width": rng.normal(5, 2, n),
        "colour": COLOURS[rng.integers(3, size=n)],
        "height": rng.normal(-1, 3, n),
        "grade": rng.integers(1, 4, size=n),
        "label": COLOURS[rng.integers(3, size=n)],
    }
    if framed:
        return pytest.importorskip("pandas").DataFrame(columns)
    return np.stack([np.asarray(c, dtype=object) for c in columns.values()], axis=1)


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize("drop", [None, "first"])
@pytest.mark.parametrize("imputed", [False, True])
def test_one_hot_indicators_are_inputs_by_name(framed: bool, drop: Any, imputed: bool) -> None:
    rng = np.random.default_rng(0)
    data = mixed(framed, rng)
    encoder = OneHotEncoder(drop=drop, handle_unknown="ignore" if drop is None else "error")
    known = ["width", "colour", "height", "grade", "label"]

    def where(*names: str) -> Any:
        return list(names) if framed else [known.index(name) for name in names]

    kinds = make_pipeline(SimpleImputer(strategy="most_frequent"), encoder) if imputed else encoder
    first = ColumnTransformer(
        [
            ("scaled", StandardScaler(), where("height")),
            ("kinds", kinds, where("grade", "colour")),
            ("gone", "drop", where("label")),
        ],
        remainder="passthrough",
    )
    values = np.asarray(data)[:, 0].astype(float) + (np.asarray(data)[:, 1] == "red")
    model = fitted(make_pipeline(first, mlp()), data, values)
    found = understood(model, check=True)
    names = known if framed else [f"x{k}" for k in range(5)]
    indicators = [f"{names[3]}_{n}" for n in (1, 2, 3)][drop is not None :]
    indicators += [f"{names[1]}_{n}" for n in ("blue", "green", "red")][drop is not None :]
    # The two encoded columns are where the first of them that the encoder takes was.
    assert found.inputs == (names[0], names[2], *indicators, names[4])
    assert verify(model, data, found=found)
    assert found.scaling is not None
    assert found.scaling.means[1] == pytest.approx(np.asarray(data)[:, 2].astype(float).mean())
    assert found.scaling.deviations[1] == pytest.approx(np.asarray(data)[:, 2].astype(float).std())
    assert np.array_equal(np.delete(found.scaling.deviations, 1), np.ones(len(found.inputs) - 1))
    points = np.zeros((1, len(found.inputs)))
    points[0, found.inputs.index(f"{names[1]}_red")] = 1
    points[0, found.inputs.index(f"{names[3]}_2")] = 1
    row = mixed(framed, rng, 1)
    for k, entry in enumerate((0.0, "red", 0.0, 2, "blue")):
        if framed:
            row[row.columns[k]] = [entry]
        else:
            row[0, k] = entry
    assert found.network(points)[0] == pytest.approx(model.predict(row)[0], rel=1e-9)


def test_means_and_deviations_are_kept() -> None:
    model = fitted(make_pipeline(StandardScaler(), mlp()), WINE, WINE[:, 0])
    scaling = understood(model).scaling
    assert scaling is not None
    np.testing.assert_allclose(scaling.means, WINE.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scaling.deviations, WINE.std(axis=0), rtol=1e-12)
    assert understood(fitted(mlp())).scaling is None


def test_units_are_those_of_the_data() -> None:
    """Spikes of the pipeline's network lie where the data do, not where the scaled data do."""
    model = fitted(make_pipeline(StandardScaler(), mlp()), WINE, WINE[:, 0])
    network = from_model(model)
    inner = model[-1]
    scale = model[0].scale_
    np.testing.assert_allclose(network.weights, inner.coefs_[0].T / scale, rtol=1e-12)
    assert rtv(network).value != pytest.approx(rtv(from_model(inner)).value, rel=0.1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mlp(), "MLPRegressor: expected a fitted estimator, got one without n_features_in_; call fit first"),
        (
            lambda: fitted(LinearRegression()),
            "LinearRegression: expected ColumnTransformer, MLPClassifier, MLPRegressor",
        ),
        (lambda: fitted(make_pipeline(PolynomialFeatures(), mlp())), "PolynomialFeatures: expected"),
        (lambda: fitted(make_pipeline(MinMaxScaler(clip=True), mlp())), "MinMaxScaler: expected clip=False"),
        (lambda: fitted(make_pipeline(FunctionTransformer(np.sqrt), mlp()), abs(X)), "FunctionTransformer: expected"),
        (
            lambda: fitted(TransformedTargetRegressor(mlp(), func=np.log, inverse_func=np.exp)),
            "FunctionTransformer: expected a scaler among .*, or a function whose inverse is affine",
        ),
        (
            lambda: fitted(make_pipeline(ColumnTransformer([("a", PolynomialFeatures(), [0])]), mlp())),
            "PolynomialFeatures: expected ColumnTransformer, MLPClassifier",
        ),
        (
            lambda: fitted(
                make_pipeline(ColumnTransformer([("a", OneHotEncoder(), [0]), ("b", "passthrough", [0, 1])]), mlp()),
                np.round(10 * X),
            ),
            "one-hot: expected columns that are encoded once and not used otherwise, got x0",
        ),
        (
            lambda: fitted(make_pipeline(FunctionTransformer(), MaxAbsScaler(), OneHotEncoder(), mlp()), np.round(X)),
            "OneHotEncoder: expected one at the front of the pipeline, got one after other steps",
        ),
        (lambda: fitted(mlp(loss="poisson")), "MLPRegressor: expected an output that is identity, logistic or softmax"),
    ],
)
def test_refusals(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        from_model(make())


def test_imputers_of_numbers_are_refused() -> None:
    """Zeros, which points have, were passed on as they are instead of as means."""
    for missing in (0, 0.0, -1):
        x = np.round(20 * X)
        model = fitted(make_pipeline(SimpleImputer(missing_values=missing), mlp()), x)
        with pytest.raises(ValueError, match=r"SimpleImputer: expected missing_values=nan, got "):
            from_model(model)


@pytest.mark.parametrize("bound", [2e3, 1e6, 1e9])
def test_inverses_that_bend_at_large_numbers_are_refused(bound: float) -> None:
    model = TransformedTargetRegressor(
        mlp(), func=lambda y: y, inverse_func=lambda z: np.clip(z, -bound, bound), check_inverse=False
    )
    with pytest.raises(ValueError, match="whose inverse is affine"):
        from_model(fitted(model))


def test_small_numbers_of_an_inverse_are_held_against_their_own_size() -> None:
    model = TransformedTargetRegressor(
        mlp(), func=lambda y: y, inverse_func=lambda z: z + 1e-9 * np.sin(z), check_inverse=False
    )
    with pytest.raises(ValueError, match="whose inverse is affine"):
        from_model(fitted(model))


def test_a_column_scaled_in_two_branches_has_no_one_scale() -> None:
    """The mean and deviation of the later branch were kept."""
    width = X.shape[1]
    branches = [("a", StandardScaler(), list(range(width))), ("b", MinMaxScaler(), [0])]
    model = fitted(make_pipeline(ColumnTransformer(branches), mlp()))
    found = understood(model)
    assert verify(model, X, network=found.network)
    assert found.scaling is None
    once = fitted(make_pipeline(ColumnTransformer([("a", StandardScaler(), list(range(width)))]), mlp()))
    assert understood(once).scaling is not None


def test_two_labels_are_no_two_classes() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (len(X), 2))
    model = fitted(classifier(5), X, labels)
    assert verify(model, X)
    np.testing.assert_allclose(from_model(model, logits=False)(X), model.predict_proba(X), atol=1e-12)
