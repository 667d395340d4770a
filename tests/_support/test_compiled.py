"""The decorator of compiled functions: what is kept on disk, when it is used again, and what is said of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import radon_nn
from radon_nn._support import compiled

ROOT = Path(radon_nn.__file__).parent

compiling = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="needs compiled code")

PACKAGE = {
    "radon_nn/__init__.py": "",
    "radon_nn/_kernels/__init__.py": "",
    "radon_nn/_kernels/constants.py": "FACTOR = 2.0\n",
    "radon_nn/_kernels/leaves.py": """
from radon_nn._support.compiled import compiled
from radon_nn._kernels.constants import FACTOR

@compiled
def leaf(x):
    return FACTOR * x
""",
    "radon_nn/_kernels/roots.py": """
from radon_nn._support.compiled import compiled
from radon_nn._kernels.leaves import leaf

@compiled
def root(x):
    return leaf(x) + 1.0
""",
}
"""A package with a family of three files, of which the last does not mention the first."""

RUN = """
from radon_nn._kernels.roots import root
print(root(3.0), sum(root.stats.cache_hits.values()), sum(root.stats.cache_misses.values()))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package's support, with kernels of its own."""
    for name, text in PACKAGE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copytree(ROOT / "_support", tmp_path / "radon_nn" / "_support", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(code: str, package: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process, with the package first on its path and a cache beside it."""
    settings = {"PYTHONPATH": str(package), "NUMBA_CACHE_DIR": str(package / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **settings, **environment},
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    return ended


def result(package: Path, **environment: str) -> list[str]:
    return run(RUN, package, **environment).stdout.split()


@pytest.mark.slow
@compiling
def test_a_change_in_any_file_of_a_family_recompiles_all_of_it(package: Path) -> None:
    assert result(package) == ["7.0", "0", "1"]
    assert result(package) == ["7.0", "1", "0"]
    (package / "radon_nn/_kernels/constants.py").write_text("FACTOR = 5.0\n")
    assert result(package) == ["16.0", "0", "1"]
    assert result(package) == ["16.0", "1", "0"]
    leaves = package / "radon_nn/_kernels/leaves.py"
    leaves.write_text(leaves.read_text().replace("FACTOR * x", "FACTOR - x"))
    assert result(package) == ["3.0", "0", "1"]


@compiling
@pytest.mark.parametrize("pattern", [pytest.param("*.nbi", marks=pytest.mark.slow), "*.nbc"])
@pytest.mark.parametrize("damage", ["flip", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("cut", "empty"))])
def test_damaged_files_are_compiled_anew(package: Path, pattern: str, damage: str) -> None:
    assert result(package) == ["7.0", "0", "1"]
    damaged = list((package / "cache").rglob(pattern))
    assert damaged
    for path in damaged:
        content = bytearray(path.read_bytes())
        if damage == "flip":
            content[len(content) * 2 // 3] ^= 0x10
        path.write_bytes(b"" if damage == "empty" else content if damage == "flip" else content[: len(content) // 2])
    assert result(package)[0] == "7.0"
    assert result(package) == ["7.0", "1", "0"]


@compiling
def test_where_no_folder_can_be_written_code_is_compiled_with_one_warning(package: Path) -> None:
    """No locator finds a place: a file stands where each folder would be."""
    blocked = package / "file"
    blocked.write_text("")
    hide = f"""
import numba.core.caching as caching
for locator in caching.CacheImpl._locator_classes:
    locator.from_function = classmethod(lambda *_: None)
import radon_nn._kernels.roots
{RUN}
from radon_nn._kernels.leaves import leaf
leaf(1)
"""
    ended = run(hide, package, NUMBA_CACHE_DIR=str(blocked))
    assert ended.stdout.split() == ["7.0", "0", "1"]
    assert ended.stderr.count("RuntimeWarning: compiled code: expected a folder in which to keep it") == 1
    assert "set NUMBA_CACHE_DIR to one" in ended.stderr


@compiling
def test_where_a_folder_is_lost_later_code_is_compiled_with_one_warning(package: Path) -> None:
    lose = f"""
import radon_nn._kernels.roots as roots, shutil
shutil.rmtree({str(package / "cache")!r})
open({str(package / "cache")!r}, "w").close()
{RUN}
"""
    ended = run(lose, package)
    assert ended.stdout.split()[0] == "7.0"
    assert ended.stderr.count("RuntimeWarning: compiled code") == 1


@compiling
@pytest.mark.parametrize(("wish", "lines"), [("1", 1), pytest.param("0", 0, marks=pytest.mark.slow), ("", 0)])
def test_long_compilation_is_told_once_on_request(package: Path, wish: str, lines: int) -> None:
    ask = f"import radon_nn._support.compiled as c; c._TELL_SECONDS = 0.0\n{RUN}\nroot(1)"
    said = run(ask, package, RADON_NN_SHOW_COMPILATION=wish).stderr
    assert said.count("radon_nn: compiling, which takes some seconds and is kept for the next time") == lines


def test_everything_runs_as_plain_python(package: Path) -> None:
    plain = "from radon_nn._kernels.roots import root; print(root(3.0), type(root).__name__)"
    assert run(plain, package, NUMBA_DISABLE_JIT="1").stdout.split() == ["7.0", "function"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@compiling
def test_a_fork_during_compilation_leaves_a_child_that_can_compile(package: Path) -> None:
    fork = """
import os, threading, time, warnings
warnings.simplefilter("ignore")
from numba.core import event
from radon_nn._kernels.roots import root
class Started(event.Listener):
    def __init__(self): self.flag = threading.Event()
    def on_start(self, event): self.flag.set(); time.sleep(0.2)
    def on_end(self, event): pass
started = Started()
event.register("numba:compile", started)
other = threading.Thread(target=root, args=(3.0,))
other.start()
started.flag.wait()
child = os.fork()
if child == 0:
    os._exit(0 if root(3) == 7 else 1)
until = time.monotonic() + 60
while time.monotonic() < until:
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        print(os.waitstatus_to_exitcode(status))
        break
    time.sleep(0.01)
else:
    os.kill(child, 9)
other.join()
"""
    assert run(fork, package).stdout.split() == ["0"]


@compiling
def test_the_layer_of_numbas_own_threads_does_not_matter(tmp_path: Path) -> None:
    """Two threads at once abort a process in which Numba falls back to its workqueue, if it runs in parallel at all."""
    code = """
import threading
import numpy as np
from radon_nn import Directions, Grid, RadonTransform
T = RadonTransform(Grid.cube(40), Directions.half_circle(40))
image = np.ones((40, 40))
expected = T.forward(image)
def work():
    for _ in range(50):
        assert np.array_equal(T.forward(image, num_threads=2), expected)
callers = [threading.Thread(target=work) for _ in range(2)]
[c.start() for c in callers]
[c.join() for c in callers]
print("both")
"""
    cache = os.environ.get("NUMBA_CACHE_DIR")
    settings = {"NUMBA_CACHE_DIR": cache} if cache else {}
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT.parent), "NUMBA_THREADING_LAYER": "workqueue"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.split() == ["both"], ended.stderr


def test_kernels_import_nothing_that_their_stamp_leaves_out() -> None:
    allowed = re.compile(r"(numpy|math|typing|radon_nn\._support\.(compiled|subnormals))$")
    for folder in ROOT.rglob("_kernels"):
        for path in folder.glob("*.py"):
            family = f"radon_nn.{folder.relative_to(ROOT).as_posix().replace('/', '.')}"
            for name in re.findall(r"^(?:from|import) (\S+)", path.read_text(), re.MULTILINE):
                assert allowed.match(name) or f"{name}.".startswith(f"{family}.") or name == "__future__", (path, name)


def test_a_stamp_is_that_of_the_whole_folder() -> None:
    kernels = ROOT / "operators" / "_kernels"
    stamps = {compiled.family_stamp(str(path)) for path in kernels.glob("*.py")}
    assert len(stamps) == 1
    assert compiled.family_stamp(str(ROOT / "fitting" / "_kernels" / "plane.py")) not in stamps


def test_code_stored_for_other_types_is_not_loaded(tmp_path: Path) -> None:
    """Two processes that begin with an empty folder can give one file's name to the code of two keys."""
    file = compiled._CheckedFile(str(tmp_path), "kernel", "stamp")
    file.save("float32", "code")
    (name,) = file._load_index().values()
    file._save_index({"float32": name, "float64": name})
    assert file.load("float32") == "code"
    assert file.load("float64") is None
