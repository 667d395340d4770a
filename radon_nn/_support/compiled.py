"""
The decorator of all compiled functions, and what it promises.

- `compiled` functions release Python's lock, and their machine code is kept on disk for the next process.
- The code kept is that of a *family*: all files of a ``_kernels`` package, with the modules of this package they
  import. If any of them has changed, all of the family is compiled anew. (Numba by itself looks at one file only, and
  would go on using stale code inlined from another.)
- A damaged file on disk leads to recompilation. Where nothing can be written, functions are compiled in each process,
  with one warning.
- When compilation takes longer than a second, a line on stderr says so, if that is a terminal; always or never, if the
  environment variable RADON_NN_SHOW_COMPILATION is 1 or 0.
- A process may fork at any time: while another thread compiles, the fork waits until that is done, some seconds at
  most, because the child would find the compiler locked by a thread that it does not have. A Ctrl-C in that wait is
  lost.
- Under NUMBA_DISABLE_JIT=1 everything runs as plain Python.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from numba import config, njit
from numba.core import event
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler_lock import global_compiler_lock

VARIABLE = "RADON_NN_SHOW_COMPILATION"
"""1 to be told of compilation, 0 not to be; otherwise told on a terminal."""

_FAST = {"contract", "nsz", "arcp"}
"""Rounding may differ by fused multiply-adds; nothing else: NaN stays NaN, and sums keep their order."""
_TELL_SECONDS = 1.0
"""Compilation up to this long goes unmentioned."""
_DIGEST_BYTES = 32


def compiled(function: Callable[..., Any] | None = None, *, fast: bool = False) -> Any:
    """
    Compile a function at its first call with each combination of argument types; see this module's head.

    Parameters
    ----------
    function : callable
        What to compile.
    fast : bool
        Whether multiplications and additions may be fused, and zeros lose their sign.

    Returns
    -------
    callable
        A dispatcher of Numba's, which other compiled functions may call.
    """
    if function is None:
        return partial(compiled, fast=fast)
    decorate: Any = njit
    made = decorate(nogil=True, no_cfunc_wrapper=True, fastmath=_FAST if fast else False)(function)
    if not config.DISABLE_JIT:  # type: ignore[attr-defined]
        try:
            made._cache = _FamilyCache(function)
        except (RuntimeError, OSError):
            _uncached.append(function.__module__)
    return made


@cache
def family_stamp(path: str) -> str:
    """
    A hash of the sources that code in the file may depend on, or of those beside it in a ``_kernels`` package.

    Parameters
    ----------
    path : str
        The file of a compiled function.

    Returns
    -------
    str
        The hash.
    """
    source, support = Path(path), Path(__file__).parent
    members = sorted(source.parent.glob("*.py")) if source.parent.name == "_kernels" else [source]
    digest = hashlib.sha256()
    for member in (*members, support / "compiled.py", support / "subnormals.py"):
        digest.update(member.name.encode())
        digest.update(member.read_bytes())
    return digest.hexdigest()


class _CheckedFile(IndexDataCacheFile):
    """A function's files on disk, each with a hash: machine code with a flipped bit must not run."""

    def save(self, key: Any, data: Any) -> None:
        super().save(key, (self._source_stamp, key, data))

    def load(self, key: Any) -> Any:
        stored = super().load(key)  # Of another key, if two processes took the same name at once.
        return stored[2] if stored is not None and stored[:2] == (self._source_stamp, key) else None

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)

    def _load_data(self, name: str) -> Any:
        stored = Path(self._data_path(name)).read_bytes()
        digest, content = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise pickle.UnpicklingError(f"{name} is damaged")
        return pickle.loads(content)

    def _load_index(self) -> dict[Any, str]:
        try:
            index: dict[Any, str] = super()._load_index()
        except Exception:  # Unpickling what is damaged may raise anything.
            return {}
        return index


class _FamilyCache(FunctionCache):
    """Numba's cache of one function, stamped with its family, for which trouble with files is no error."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        path = function.__code__.co_filename
        self._cache_file = _CheckedFile(self._cache_path, self._impl.filename_base, family_stamp(path))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # A file that is damaged, or may not be read: compile.
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn_uncached(f"{self._cache_path}: {error.strerror}")


_uncached: list[str] = []
"""Modules whose compiled code cannot be kept on disk."""


@lru_cache(maxsize=1)
def _warn_uncached(reason: str) -> None:
    warnings.warn(
        "compiled code: expected a folder in which to keep it, got none that can be written "
        f"({reason}); set NUMBA_CACHE_DIR to one, or each process compiles again",
        RuntimeWarning,
        stacklevel=2,
    )


class _Reporter(event.Listener):
    """Adds up the time for which the package's functions are compiled, and says once that it takes long."""

    def __init__(self) -> None:
        self.depth, self.begun, self.spent, self.told = 0, 0.0, 0.0, False

    def on_start(self, event: Any) -> None:
        """Called as a compilation begins."""
        if self.depth == 0 and _ours(event):
            self.begun = time.perf_counter()
        self.depth += 1

    def on_end(self, event: Any) -> None:
        """Called as a compilation ends."""
        self.depth -= 1
        if self.depth or not _ours(event):
            return
        if _uncached:
            _warn_uncached("no locator available")
        self.spent += time.perf_counter() - self.begun
        if self.spent > _TELL_SECONDS and not self.told:
            self.told = True
            wish = os.environ.get(VARIABLE)
            if wish == "1" or (wish != "0" and sys.stderr is not None and sys.stderr.isatty()):
                kept = "" if _uncached else " and is kept for the next time"
                print(f"radon_nn: compiling, which takes some seconds{kept}", file=sys.stderr, flush=True)


def _ours(event: Any) -> bool:
    return str(event.data["dispatcher"].py_func.__module__).startswith("radon_nn.")


event.register("numba:compile", _Reporter())


class _ForkGuard(threading.local):
    """Whether this thread has taken the compiler's lock in order to fork."""

    held = False

    def before(self) -> None:
        """Wait until no other thread compiles."""
        while not self.held:
            try:  # noqa: SIM105 (a context manager's own code could be interrupted)
                self.held = global_compiler_lock._lock.acquire(timeout=3600)
            except KeyboardInterrupt:  # Python would print it, and fork without the lock.
                pass

    def after(self) -> None:
        """Let go, in the parent and in the child."""
        if self.held:
            self.held = False
            global_compiler_lock._lock.release()


if hasattr(os, "register_at_fork"):
    _guard = _ForkGuard()
    os.register_at_fork(before=_guard.before, after_in_parent=_guard.after, after_in_child=_guard.after)
