"""Transforms that pickle as their parameters, made once in each process, and kept there with their parts."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from radon_nn.dask._cuts import Cut
from radon_nn.operators.transform import RadonTransform

_KEPT = 4
"""Transforms whose plans a worker keeps: an operator and its extension for `invert`, of two transforms in turn."""
_KEPT_DIRECTIONS = 1 << 17
"""Directions of the parts that are kept of a transform, of some 80 bytes each: 10 MiB. Making a part of 32 768
directions takes 10 ms and, in a worker, 4600 page faults, beside 290 ms for its transform of 256^3 samples."""
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
        key = tuple(map(tuple, cut.box)), cut.group
        return _kept.part(self.token, key, lambda: cut.of(self.transform))


class _Entry(NamedTuple):
    """A transform, and the parts of it that were used last."""

    transform: RadonTransform
    parts: OrderedDict[Any, RadonTransform]


class _Kept:
    """The transforms last used in this process, and with them their plans and parts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.transforms: OrderedDict[str, _Entry] = OrderedDict()

    def get(self, token: str, make: Callable[[], RadonTransform]) -> RadonTransform:
        """The transform of a token, made at its first use."""
        with self.lock:
            if token not in self.transforms:
                self.transforms[token] = _Entry(make(), OrderedDict())
            self.transforms.move_to_end(token)
            while len(self.transforms) > _KEPT:
                self.transforms.popitem(last=False)
            return self.transforms[token].transform

    def part(self, token: str, key: Any, make: Callable[[], RadonTransform]) -> RadonTransform:
        """A part of the transform of a token, made at its first use, and again if it was not kept."""
        with self.lock:
            parts = self.transforms[token].parts if token in self.transforms else OrderedDict()
            part = parts.pop(key, None)
            if part is not None:
                parts[key] = part
                return part
        part = make()  # Other threads need not wait; if one makes the same part, the last one made is kept.
        with self.lock:
            parts[key] = part
            while sum(len(kept.directions) for kept in parts.values()) > _KEPT_DIRECTIONS:
                parts.popitem(last=False)
        return part


_kept = _Kept()


def _made(token: str, pickled: bytes) -> Recipe:
    """The recipe that was pickled; its transform is unpickled only where this process does not have it yet."""
    recipe = Recipe.__new__(Recipe)
    recipe.token, recipe.pickled = token, pickled
    recipe.transform = _kept.get(token, lambda: pickle.loads(pickled))
    return recipe
