"""The path norm of dicts of arrays; JAX differentiates it where it is installed."""

from itertools import pairwise

import numpy as np
import pytest

from radon_nn import from_model, path_norm


def parameters(rng: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    sizes = (2, 5, 4, 3)
    return {
        f"Dense_{k}": {"kernel": rng.standard_normal(shape), "bias": rng.standard_normal(shape[1])}
        for k, shape in enumerate(pairwise(sizes))
    }


def test_of_nested_arrays() -> None:
    params = parameters(np.random.default_rng(0))
    value = path_norm(params, activation="relu")
    assert value == pytest.approx(from_model(params, activation="relu").path_norm, rel=1e-14)


def test_without_hidden_layers_it_is_zero() -> None:
    assert path_norm({"weight": np.ones((2, 3)), "bias": np.ones(2)}, layout="out_in") == 0


def test_other_models_are_told_what_to_call() -> None:
    sklearn = pytest.importorskip("sklearn.neural_network")
    with pytest.raises(TypeError, match=r"from_model\(model\)\.path_norm"):
        path_norm(sklearn.MLPRegressor())


@pytest.mark.slow
def test_jax_differentiates_it() -> None:
    jax = pytest.importorskip("jax")
    params = parameters(np.random.default_rng(1))
    live = jax.tree_util.tree_map(jax.numpy.asarray, params)

    def value(p: object) -> object:
        return path_norm(p, activation="relu")

    for computed in (value, jax.jit(value)):
        assert float(computed(live)) == pytest.approx(from_model(params, activation="relu").path_norm, rel=1e-5)
    gradient = jax.grad(value)(live)["Dense_1"]["kernel"]
    step = 1e-6
    for i, j in ((0, 0), (3, 2)):
        moved = []
        for sign in (1, -1):
            params["Dense_1"]["kernel"][i, j] += sign * step
            moved.append(from_model(params, activation="relu").path_norm)
            params["Dense_1"]["kernel"][i, j] -= sign * step
        # JAX computes in single precision.
        assert float(gradient[i, j]) == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=1e-4, abs=1e-5)
