"""Names of activations in errors: each activation once, and a near spelling among all that are understood."""

import numpy as np
import pytest

from radon_nn import from_model
from radon_nn.readers.activation_names import SAME, supported

ARRAYS = [np.ones((3, 2)), np.ones(3), np.ones((1, 3)), np.ones(1)]


def test_each_activation_is_listed_once() -> None:
    listed = supported().split(", ")
    assert len(set(listed)) == len(listed)
    assert not set(SAME) & set(listed)
    assert set(SAME.values()) <= set(listed)


@pytest.mark.parametrize("name", ["hardsigmoi", "swis"])
def test_a_name_nearly_right_is_told_the_nearest_of_all_spellings(name: str) -> None:
    with pytest.raises(ValueError, match=r"did you mean '(hardsigmoid|swish)'"):
        from_model(ARRAYS, activation=name)
