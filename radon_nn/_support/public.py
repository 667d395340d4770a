"""The public names of classes: what pickles, reprs and error messages call them."""

from __future__ import annotations

from typing import TypeVar

_Class = TypeVar("_Class", bound=type)


def public(cls: _Class) -> _Class:
    """
    Name a class `radon_nn.NAME`, as users import it, and not by the module in which it happens to stand.

    A pickle then still loads after the class has moved to another module. It is the outermost decorator: dataclasses
    look up annotations in the class's own module.
    """
    cls.__module__ = "radon_nn"
    return cls
