"""
What a first call costs: CPU seconds (user and system) of a whole process, import included, with an empty cache.

    python benchmarks/first_call.py [--repeat 3]

Prints the median for each. Compare two checkouts by setting PYTHONPATH.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

CALLS = {
    "import radon_nn": "import radon_nn",
    "radon, 64^2 x 60": """
import numpy as np
from radon_nn import radon
radon(np.ones((64, 64)), np.arange(0, 180, 3))""",
    "iradon, 64 x 60": """
import numpy as np
from radon_nn import iradon
iradon(np.ones((64, 60)), np.arange(0, 180, 3))""",
    "fit, 40 points": """
import numpy as np
from radon_nn import fit
x = np.random.default_rng(0).uniform(-1, 1, (40, 2))
fit(x, np.sin(3 * x[:, 0]) * x[:, 1], decay=0.1)""",
    "radon-nn --help": """
from radon_nn.cli.command import main
main(["--help"])""",
    "radon-nn show": """
import os
import tempfile
from radon_nn.cli.command import main
from radon_nn.io import shipped
main(["show", str(shipped("terrain.npz")), "-o", os.path.join(tempfile.mkdtemp(), "terrain.png")])""",
}


def cpu_seconds(code: str) -> float:
    """CPU seconds of a fresh process that runs some code and has no compiled code on disk."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder, "MPLBACKEND": "Agg"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure all calls and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--repeat", type=int, default=3, help="processes for each call (3)")
    repeat = parser.parse_args().repeat
    for name, code in CALLS.items():
        seconds = [cpu_seconds(code) for _ in range(repeat)]
        print(
            f"{name:<18} {statistics.median(seconds):6.2f} CPU s   ({min(seconds):.2f} to {max(seconds):.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
