"""Default time limits are five times as long in tests: machines that run tests are busy."""

import inspect
from collections.abc import Iterator
from types import ModuleType

import numba
import pytest

_TIMES = 5


def _limited(module: ModuleType, seconds: float) -> list[dict[str, object]]:
    """Keyword defaults of a module's functions whose time limit is the usual one."""
    functions = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__.startswith("radon_nn")]
    return [f.__kwdefaults__ for f in functions if (f.__kwdefaults__ or {}).get("seconds") == seconds]


@pytest.fixture(autouse=True, scope="session")
def _patience() -> Iterator[None]:
    if numba.config.DISABLE_JIT:  # Plain Python runs into limits whatever they are.
        yield
        return
    from radon_nn.variation import ball_choice, by_profile, on_ball, on_domain, question

    seconds = question._SECONDS
    defaults = [d for module in (ball_choice, by_profile, on_ball, on_domain) for d in _limited(module, seconds)]
    question._SECONDS = _TIMES * seconds
    for keywords in defaults:
        keywords["seconds"] = _TIMES * seconds
    yield
    question._SECONDS = seconds
    for keywords in defaults:
        keywords["seconds"] = seconds
