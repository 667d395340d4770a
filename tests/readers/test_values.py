"""Values as affine images of others: the same from either side, and in memory bounded by the weights."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radon_nn.readers import values
from radon_nn.readers.graph import Graph


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_both_sides_agree(seed: int) -> None:
    """Matrices multiplied from the inputs on and from the outputs back, over random sums, joins, maps and factors."""
    rng = np.random.default_rng(seed)
    graph = Graph(int(rng.integers(1, 5)))
    neurons = graph.activate(graph.affine(graph.input, rng.normal(size=(3, graph.dim))), "relu")
    made = [graph.input, neurons]
    for _ in range(rng.integers(1, 8)):
        one, other = (made[rng.integers(len(made))] for _ in range(2))
        how = rng.integers(4)
        if how == 0:
            made.append(graph.affine(one, rng.normal(size=(rng.integers(1, 5), one.dim)), None))
        elif how == 1:
            made.append(graph.scale(one, rng.normal(size=one.dim), rng.normal(size=one.dim)))
        elif how == 2 and one.dim + other.dim < 30:
            made.append(graph.join([one, other, one]))
        elif one.dim == other.dim:
            made.append(graph.add(one, other, one))
    basis, value = [graph.input, neurons], made[-1]
    path = values.between(value, basis)
    forward, ahead = values._forward(value, path, basis)
    if path:
        backward, back = values._backward(value, path, basis)
        np.testing.assert_allclose(backward, forward, rtol=1e-10, atol=1e-10 * np.abs(forward).max())
        np.testing.assert_allclose(back, ahead, rtol=1e-10, atol=1e-10 * (1 + np.abs(ahead).max()))
    skip, readout, constant = values.expression(value, [graph.input], [neurons])
    np.testing.assert_allclose(np.concatenate([skip, readout], axis=1), forward, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(constant, ahead, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("scaled", [False, True])
def test_wide_inputs(scaled: bool) -> None:
    """Of 20 000 inputs and three neurons no square matrix is made, which would take 3 GiB."""
    dim = 20_000
    graph, rng = Graph(dim), np.random.default_rng(0)
    weights, factor = rng.normal(size=(3, dim)), rng.uniform(1, 2, dim)
    value = graph.scale(graph.input, factor, 1.0) if scaled else graph.input
    value = graph.affine(graph.activate(graph.affine(value, weights), "relu"), np.ones((1, 3)))
    assert graph.bytes(value) < 50 * weights.nbytes
    tracemalloc.start()
    network = graph.network(value)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * weights.nbytes
    x = rng.normal(size=(4, dim))
    hidden = weights @ (factor * x + 1 if scaled else x).T
    np.testing.assert_allclose(network(x).reshape(-1), np.maximum(hidden, 0).sum(axis=0), rtol=1e-9)
