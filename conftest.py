"""Doctests of public classes: found although `__module__` names the package and not the module they stand in."""

import doctest
import inspect
from types import ModuleType

_from_module = doctest.DocTestFinder._from_module  # type: ignore[attr-defined]


def _stands_in(finder: doctest.DocTestFinder, module: ModuleType | None, thing: object) -> bool:
    if module is not None and inspect.isclass(thing) and thing.__module__ == "radon_nn":
        return any(getattr(member, "__module__", None) == module.__name__ for member in vars(thing).values())
    return bool(_from_module(finder, module, thing))


doctest.DocTestFinder._from_module = _stands_in  # type: ignore[attr-defined]
