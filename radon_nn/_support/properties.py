"""Properties computed once: Python 3.12's, which take no lock; those of 3.11 hold one that a forked child inherits."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

if sys.version_info >= (3, 12):
    cached_property = functools.cached_property
else:

    class cached_property(Generic[T]):  # noqa: N801
        """A property whose value is kept in the instance's dictionary; two threads at once may both compute it."""

        def __init__(self, compute: Callable[[Any], T]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> T:
            if instance is None:
                return self  # type: ignore[return-value]
            return instance.__dict__.setdefault(self._name, self._compute(instance))  # type: ignore[no-any-return]
