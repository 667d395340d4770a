"""
The transform beyond memory and beyond one machine, on Dask.

The functions take dask arrays, chunked in any way over batch, volume and directions, and return dask arrays that equal
what `RadonTransform` computes in one process, to rounding. Each task is a part of the transform
(`RadonTransform.part`), runs in one thread, and changes none of its arguments, so that it may be retried. `layout`
states before the work how it is cut and how much memory a worker needs. This package is imported by name:

>>> import radon_nn.dask

It needs `pip install 'radon-nn[dask]'`.
"""

try:
    import dask.array  # noqa: F401
except ImportError as error:
    raise ImportError("radon_nn.dask: expected Dask, got none; pip install 'radon-nn[dask]'") from error

from radon_nn.dask.arrays import adjoint, backproject, filtered, forward, invert
from radon_nn.dask.files import load, save
from radon_nn.dask.layouts import Layout, layout
from radon_nn.dask.least_squares import Operator, cgls
from radon_nn.dask.warm_workers import warm_up

__all__ = [
    "Layout",
    "Operator",
    "adjoint",
    "backproject",
    "cgls",
    "filtered",
    "forward",
    "invert",
    "layout",
    "load",
    "save",
    "warm_up",
]
