"""
Compiled code that takes subnormal numbers (float32 below 1.2e-38) for zero, on processors that are slow with them.

A Gaussian's tails, and splines that decay beside zeros, hold many; Intel's processors take a hundred times as long for
each. The mode belongs to the thread, which runs other code too, so every kernel begins with `flush` and ends with
`restore`. Off x86 nothing is done: ARM's processors work subnormal numbers at full speed. Nor is anything done without
compilation.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

_ZEROS = 0x8040
"""Bits of the control register MXCSR: subnormal operands are zeros, subnormal results become zeros."""
_HAS_REGISTER = platform.machine().lower() in {"x86_64", "amd64"}


def flush() -> int:
    """Take subnormal numbers for zero in this thread from now on; returns what `restore` needs."""
    return 0


def restore(mode: int) -> None:
    """Treat subnormal numbers as before `flush`."""


def _read(typing_context: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        slot = cgutils.alloca_once(builder, ir.IntType(32))  # type: ignore[no-untyped-call]
        _call(builder, "llvm.x86.sse.stmxcsr", slot)
        return builder.load(slot)

    return types.uint32(), generate


def _write(typing_context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        slot = cgutils.alloca_once(builder, ir.IntType(32))  # type: ignore[no-untyped-call]
        builder.store(args[0], slot)
        _call(builder, "llvm.x86.sse.ldmxcsr", slot)
        return context.get_dummy_value()

    return types.void(types.uint32), generate


def _call(builder: Any, name: str, slot: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    function = builder.module.declare_intrinsic(name, (), ir.FunctionType(ir.VoidType(), [pointer]))
    builder.call(function, [builder.bitcast(slot, pointer)])


_register: Any = intrinsic(_read)
_set_register: Any = intrinsic(_write)


@overload(flush)
def _flush() -> Callable[[], Any]:
    def unchanged() -> int:
        return 0

    def flushed() -> Any:
        mode = _register()
        _set_register(np.uint32(mode | np.uint32(_ZEROS)))
        return mode

    return flushed if _HAS_REGISTER else unchanged


@overload(restore)
def _restore(mode: Any) -> Callable[[Any], None]:
    def unchanged(mode: Any) -> None:
        pass

    def restored(mode: Any) -> None:
        _set_register(np.uint32(mode))

    return restored if _HAS_REGISTER else unchanged
