"""Work cut into blocks, run by the caller and by threads of the pool: the same result, whoever runs it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from radon_nn import Directions, Grid, RadonTransform
from radon_nn._support import threads as _threads
from radon_nn._support.threads import Program, Stage
from radon_nn.operators import filters

LONG = 1e7
"""Nanoseconds a task is said to take, so that it is worth a thread."""

# Python 3.12 warns of forks in processes with threads, which are safe here.
forks = [
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
]


def forking(function):
    for mark in forks:
        function = mark(function)
    return function


@pytest.mark.parametrize("num_threads", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("nanoseconds", [1.0, LONG])
def test_every_task_is_run_once(count: int, num_threads: int, nanoseconds: float) -> None:
    done = np.zeros(count, int)

    def work(first: int, last: int) -> None:
        done[first:last] += 1

    _threads.run(Stage(work, count, nanoseconds), num_threads)
    assert_array_equal(done, 1)


@pytest.mark.parametrize("num_threads", [1, 2, 3])
def test_a_program_may_be_run_again_and_added_to(num_threads: int) -> None:
    done = np.zeros(20, int)

    def work(first: int, last: int) -> None:
        done[first:last] += 1

    program = Program(num_threads)
    for stages in (1, 2):
        program.add(Stage(work, 20, LONG))
        for _ in range(2):
            done[:] = 0
            program.run()
            assert_array_equal(done, stages)


def test_little_work_stays_in_the_calling_thread() -> None:
    names = set()
    _threads.run(Stage(lambda *_: names.add(threading.get_ident()), 1000, 1.0), 8)
    assert names == {threading.get_ident()}


@pytest.mark.parametrize("nanoseconds", [10.0, LONG])
def test_a_short_last_stage_is_run_by_the_calling_thread_after_all_others(nanoseconds: float) -> None:
    done, last = np.zeros(20, int), []
    program = Program(4)
    program.add(Stage(lambda first, stop: done.__setitem__(slice(first, stop), 1), 20, nanoseconds))
    program.add(Stage(lambda *tasks: last.append((tasks, threading.get_ident(), done.sum())), 3, 10.0))
    program.run()
    assert last == [((0, 3), threading.get_ident(), 20)]


def test_blocks_are_short_and_no_longer_than_asked_for() -> None:
    blocks = []
    _threads.run(Stage(lambda first, last: blocks.append(last - first), 1000, 1e6), 1)
    assert max(blocks) * 1e6 <= 1.1 * _threads.BLOCK_NS
    blocks.clear()
    _threads.run(Stage(lambda first, last: blocks.append(last - first), 1000, 1e3, 30), 2)
    assert max(blocks) <= 30
    assert sum(blocks) == 1000


@pytest.mark.parametrize("num_threads", [1, 2, 5])
def test_a_stage_waits_for_those_it_needs(num_threads: int) -> None:
    """Of four stages the third needs the first only, and the last all of them."""
    program, done = Program(num_threads), [np.zeros(40, bool) for _ in range(4)]

    def stage(number: int, needed: list[int]) -> Stage:
        def work(first: int, last: int) -> None:
            assert all(done[k].all() for k in needed)
            if number == 0:
                time.sleep(0.001)
            done[number][first:last] = True

        return Stage(work, 40, LONG / 10, 5)

    program.add(stage(0, []))
    program.add(stage(1, []), after=0)
    program.add(stage(2, [0]), after=1)
    program.add(stage(3, [0, 1, 2]))
    assert program.present == 4
    program.run()
    assert all(part.all() for part in done)


@pytest.mark.parametrize("num_threads", [1, 3])
@pytest.mark.parametrize("failing", [0, 37, 99])
def test_errors_come_through_after_all_threads_have_left(failing: int, num_threads: int) -> None:
    at_work = []

    def work(first: int, last: int) -> None:
        at_work.append(1)
        time.sleep(0.001)
        at_work.pop()
        if first <= failing < last:
            raise RuntimeError("as foreseen")

    with pytest.raises(RuntimeError, match="as foreseen"):
        _threads.run(Stage(work, 100, LONG, 1), num_threads)
    assert not at_work
    _threads.run(Stage(lambda *_: None, 100, LONG), num_threads)


def test_tasks_may_call_in_themselves() -> None:
    """Far more calls at once than the pool has threads."""
    sums = np.zeros(16)

    def outer(first: int, last: int) -> None:
        for k in range(first, last):
            parts = np.zeros(16)

            def inner(begin: int, end: int, parts: np.ndarray = parts) -> None:
                parts[begin:end] = np.arange(begin, end)

            _threads.run(Stage(inner, 16, LONG, 1), 4)
            sums[k] = parts.sum()

    _threads.run(Stage(outer, 16, LONG, 1), 4)
    assert_array_equal(sums, 120)


def test_the_number_of_threads_is_the_calls_the_environments_or_the_processors(monkeypatch) -> None:
    monkeypatch.delenv(_threads.VARIABLE, raising=False)
    assert _threads.resolve(None) == _threads._processors() >= 1
    assert _threads.resolve(11) == 11
    monkeypatch.setenv(_threads.VARIABLE, "5")
    assert _threads.resolve(None) == 5
    assert _threads.resolve(2) == 2
    for wrong in ("0", "many", "1000", "-1"):
        monkeypatch.setenv(_threads.VARIABLE, wrong)
        with pytest.raises(ValueError, match="RADON_NN_NUM_THREADS: expected a number from 1 to 256, got"):
            _threads.resolve(None)
    with pytest.raises(ValueError, match=r"num_threads: expected 1 to 256, got 257; more threads than processors"):
        _threads.resolve(257)


# With the transforms


def lines(count: int = 1100) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 150)).astype(np.float32)


@pytest.mark.parametrize("layout", ["C", "F"])
def test_filters_do_not_depend_on_threads(layout: str) -> None:
    values, ramp = np.asarray(lines(), order=layout), filters.Filter(1)  # type: ignore[call-overload]
    alone = filters.apply(values, 0.1, ramp, pad=(3, 2), num_threads=1)
    for num_threads in (2, 3, 7, None):
        assert_array_equal(filters.apply(values, 0.1, ramp, pad=(3, 2), num_threads=num_threads), alone)
    assert filters.apply(values[:0], 0.1, ramp, num_threads=2).shape == (0, 150)


PLAIN = bool(numba.config.DISABLE_JIT)
"""Without compilation a transform takes a thousand times as long: small images then, and few calls."""


def transform(n: int = 12 if PLAIN else 48) -> tuple[RadonTransform, np.ndarray]:
    return RadonTransform(Grid.cube(n), Directions.half_circle(60), order=3), np.random.default_rng(1).random((n, n))


def test_eight_threads_get_what_one_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "_LEAST_NS", 1.0)
    some, image = transform()
    expected, different = some.invert(some.forward(image)), []

    def work() -> None:
        for _ in range(2 if PLAIN else 200):
            if not np.array_equal(some.invert(some.forward(image, num_threads=3), num_threads=2), expected):
                different.append(1)

    callers = [threading.Thread(target=work) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not different


def _transformed(seed: int) -> float:
    some, image = transform()
    return float(some.forward(image * seed, num_threads=2).sum())


@forking
def test_a_pool_of_forked_processes_works_after_a_first_call() -> None:
    expected = [_transformed(seed) for seed in range(4)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(_transformed, range(4)).get(timeout=120) == expected


@forking
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # on a single core
def test_loaders_of_pytorch_transform_in_their_workers() -> None:
    data = pytest.importorskip("torch.utils.data")

    class Sinograms(data.Dataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return 6

        def __getitem__(self, seed: int) -> float:
            return _transformed(seed)

    expected = [_transformed(seed) for seed in range(6)]
    loaded = data.DataLoader(Sinograms(), num_workers=2, batch_size=None, multiprocessing_context="fork", timeout=120)
    assert [float(value) for value in loaded] == expected


@forking
def test_forks_while_other_threads_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "_LEAST_NS", 1.0)
    some, image = transform()
    expected, over = some.forward(image), threading.Event()

    def work() -> None:
        while not over.is_set():
            some.forward(image, num_threads=2)

    callers = [threading.Thread(target=work) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                same = np.array_equal(RadonTransform(some.grid, some.directions, order=3).forward(image), expected)
                os._exit(0 if same and np.array_equal(some.forward(image, num_threads=3), expected) else 1)
            assert _exit_status(child) == 0
    finally:
        over.set()
        for caller in callers:
            caller.join()


def _exit_status(child: int, seconds: float = 120.0) -> int | None:
    """How a child ended; None, after killing it, if it did not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
from radon_nn import Directions, Grid, Offsets, RadonTransform

T = RadonTransform(Grid.cube(SIZE), Directions.half_circle(60), order=1, method="direct")
image = np.zeros((SIZE, SIZE), np.float32)
T.forward(image)
sent = []
def interrupt():
    time.sleep(0.3)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
stack = np.zeros((COUNT, SIZE, SIZE), np.float32)
T.forward(stack[:8])
threading.Thread(target=interrupt).start()
try:
    for _ in range(1000):
        T.forward(stack, num_threads=2)
except KeyboardInterrupt:
    print(f"stopped after {time.perf_counter() - sent[0]:.3f} s")
    assert np.array_equal(T.forward(image), np.zeros(T.sinogram_shape, np.float32))
    sys.exit(0)
sys.exit(1)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are sent to consoles there")
def test_control_c_ends_a_long_transform() -> None:
    """The time is printed, not asserted: machines that run tests are busy."""
    program = INTERRUPTED.replace("SIZE", "256").replace("COUNT", "64")
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("too slow as plain Python")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    print(ended.stdout)
    assert ended.returncode == 0, ended.stderr


STORM = """
import os, random, signal, sys, threading, time
from radon_nn._support.threads import Program, Stage

armed, late, beat = False, 0, time.monotonic()
rng = random.Random(SEED)

def work(first, last):
    global late
    sum(range(400))
    late += not running

def strike():
    global armed
    while True:
        time.sleep(rng.uniform(0.001, 0.01))
        if armed:
            armed = False
            for _ in range(rng.randint(1, 2)):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(rng.uniform(0, 0.003))

def watch():
    while time.monotonic() - beat < 20:
        time.sleep(0.5)
    os._exit(7)

for target in (strike, watch):
    threading.Thread(target=target, daemon=True).start()
hit = 0
while hit < HITS:
    try:
        try:
            running, armed = True, True
            program = Program(2)
            for _ in range(200):
                program.add(Stage(work, 8, 1e6, 1))
            program.run()
        finally:
            running, armed, beat = False, False, time.monotonic()
    except KeyboardInterrupt:
        hit += 1
    except BaseException as error:
        print(repr(error))
        os._exit(8)
os._exit(9 if late else 0)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent to consoles there")
@pytest.mark.parametrize(("seed", "hits"), [(0, 15), pytest.param(1, 120, marks=pytest.mark.slow)])
def test_control_c_at_any_moment_neither_hangs_nor_leaves_work_behind(seed: int, hits: int) -> None:
    """Exit 7: a call that did not end; 8: another error than KeyboardInterrupt; 9: work done after a call had ended."""
    program = STORM.replace("SEED", str(seed)).replace("HITS", str(hits))
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode in (0, -2), ended.stdout + ended.stderr
