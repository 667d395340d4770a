"""Networks of several hidden layers as objects."""

import copy
import pickle

import numpy as np
import pytest

from radon_nn import DeepNetwork, ShallowNetwork


def test_a_deep_network_says_where_its_measures_are() -> None:
    layer = ShallowNetwork(np.eye(2), [0.0, 0.1], np.eye(2))
    network = DeepNetwork([layer, ShallowNetwork(np.eye(2), [0.0, 0.1], [1.0, -1.0])])
    with pytest.raises(AttributeError, match=r"one hidden layer, got 2; network.layer_rtvs\(\)"):
        network.measure()
    assert not hasattr(network, "measure")
    assert not hasattr(network, "something")
    assert copy.copy(network) == pickle.loads(pickle.dumps(network)) == network
