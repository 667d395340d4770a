"""Transforms that pickle as their parameters, made once in each process, and kept there with their parts."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from radon_nn.dask._cuts import Cut
from radon_nn.operators.transform import RadonTransform

_KEPT = 4
"""Transforms whose plans a worker keeps: an operator and its extension for `invert`, of two transforms in turn."""
_KEPT_BYTES = 1 << 27
"""Memory for parts of transforms that are kept, of all transforms together: 128 MiB. Making a part of 32 768 directions
takes 10 ms and, in a worker, 4600 page faults, beside 290 ms for its transform of 256^3 samples."""
_DIRECTION_BYTES = 1000
"""Memory of a part for each direction, with what was computed for it: 200 to 500 for products, up to 2000 in space."""
_INLINE = 2048
"""Bytes of a pickled transform that is sent with each task; larger ones, which list directions, are sent once."""


class Recipe:
    """
    A transform that pickles as its parameters, and is made once in each process.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    """

    def __init__(self, transform: RadonTransform) -> None:
        self.pickled = pickle.dumps(transform)
        self.token = hashlib.blake2b(self.pickled, digest_size=16).hexdigest()
        self.transform = _kept.get(self.token, lambda: transform)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.token, self.pickled)

    @property
    def small(self) -> bool:
        """Whether it may be part of each task."""
        return len(self.pickled) <= _INLINE

    def part(self, cut: Cut) -> RadonTransform:
        """
        A part of the transform.

        Parameters
        ----------
        cut : Cut
            The box and the group of directions.

        Returns
        -------
        RadonTransform
            The part.
        """
        key = self.token, tuple(map(tuple, cut.box)), cut.group
        return _kept.part(key, lambda: cut.of(self.transform))


class _Kept:
    """The transforms last used in this process with their plans, and the parts of them that were used last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.transforms: OrderedDict[str, RadonTransform] = OrderedDict()
        self.parts: OrderedDict[Any, RadonTransform] = OrderedDict()
        self.nbytes = 0

    def get(self, token: str, make: Callable[[], RadonTransform]) -> RadonTransform:
        """The transform of a token, made at its first use."""
        with self.lock:
            if token not in self.transforms:
                self.transforms[token] = make()
            self.transforms.move_to_end(token)
            while len(self.transforms) > _KEPT:
                self.transforms.popitem(last=False)
            return self.transforms[token]

    def part(self, key: Any, make: Callable[[], RadonTransform]) -> RadonTransform:
        """A part of a transform, made at its first use, and again if it was not kept."""
        with self.lock:
            if key in self.parts:
                self.parts.move_to_end(key)
                return self.parts[key]
        part = make()  # Other threads need not wait; if one makes the same part, the first one made is kept.
        with self.lock:
            if key not in self.parts:
                self.parts[key] = part
                self.nbytes += _bytes_of(part)
            while self.nbytes > _KEPT_BYTES:
                self.nbytes -= _bytes_of(self.parts.popitem(last=False)[1])
        return part


def _bytes_of(part: RadonTransform) -> int:
    """About the memory of a part; a byte for each sample is the mask of a ball."""
    return part.grid.size + _DIRECTION_BYTES * len(part.directions)


_kept = _Kept()


def _made(token: str, pickled: bytes) -> Recipe:
    """The recipe that was pickled; its transform is unpickled only where this process does not have it yet."""
    recipe = Recipe.__new__(Recipe)
    recipe.token, recipe.pickled = token, pickled
    recipe.transform = _kept.get(token, lambda: pickle.loads(pickled))
    return recipe
