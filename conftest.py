"""
What pytest is told.

- Doctests of public classes are found although `__module__` names the package and not the module they stand in.
- A run that leaves slow tests out says how to run them.
- Examples of hypothesis have no deadline: machines that run tests are busy.
- Workers of xdist run BLAS and OpenMP on one thread each: as many as there are processors would wait for one another,
  spinning.
- Tests of files of fits follow those of fits: of two workers, which begin with a half of the tests each, both would
  compile the same searches at the same time.
- Tests press Ctrl-C, which must reach them also where the shell that started the run ignores it, as in the background.
"""

import doctest
import inspect
import os
import signal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

_from_module = doctest.DocTestFinder._from_module  # type: ignore[attr-defined]


def _stands_in(finder: doctest.DocTestFinder, module: ModuleType | None, thing: object) -> bool:
    if module is not None and inspect.isclass(thing) and thing.__module__ == "radon_nn":
        return any(getattr(member, "__module__", None) == module.__name__ for member in vars(thing).values())
    return bool(_from_module(finder, module, thing))


doctest.DocTestFinder._from_module = _stands_in  # type: ignore[attr-defined]


def pytest_configure() -> None:
    """Take Ctrl-C, in this process and in those that it starts; give hypothesis all the time it needs."""
    settings.register_profile("radon_nn", deadline=None)
    settings.load_profile("radon_nn")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Set the number of threads before workers start, and import what reads it."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ.setdefault(name, "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file, as they are, but for that."""
    items.sort(key=lambda item: item.path.as_posix().replace("/result_files/", "/fitting_files/"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say why a test is missing that was asked for by its name."""
    deselected = terminalreporter.stats.get("deselected", [])
    chosen = terminalreporter.config.getoption("markexpr")
    if "not slow" in chosen and any(item.get_closest_marker("slow") for item in deselected):
        terminalreporter.write_line('Slow tests were left out: -m slow runs them, -m "" runs everything.')
