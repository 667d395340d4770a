"""
A volume larger than the memory allowed, from a file and back; and what Dask costs beside one process.

    python benchmarks/beyond_memory.py out-of-core --n 768 --directions 64 128 --memory "3 GB"
    python benchmarks/beyond_memory.py in-memory --n 768 --directions 64 128
    python benchmarks/beyond_memory.py overhead --n 256 --directions 256 512
    python benchmarks/beyond_memory.py loss --n 128 --directions 128 256

The first two leave sinograms and volumes in the folder, and the second compares its own with those of the first. All
print the peak of private memory (RssAnon, Linux), sampled every 5 ms. `loss` ends a worker half way by its process id.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster, wait

import radon_nn.dask as rd
from radon_nn import Directions, Grid, RadonTransform

SEED, ROUNDS = 0, 9


class PrivateMemory:
    """The peak of this process's private memory while a block runs."""

    def __enter__(self) -> PrivateMemory:
        self.peak, self.over, self.begin = 0.0, threading.Event(), time.perf_counter()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *caught: object) -> None:
        self.seconds = time.perf_counter() - self.begin
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.005):
            lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
            kibibytes = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
            self.peak = max(self.peak, kibibytes / 1024)


def volume_file(folder: Path, n: int) -> Path:
    """White noise in float32, written slab by slab unless it is there."""
    path = folder / f"noise-{n}.npy"
    if not path.exists():
        mapped = np.lib.format.open_memmap(path, "w+", dtype=np.float32, shape=(n, n, n))
        rng = np.random.default_rng(SEED)
        for slab in range(0, n, 16):
            mapped[slab : slab + 16] = rng.standard_normal(mapped[slab : slab + 16].shape, dtype=np.float32)
        mapped.flush()
    return path


def out_of_core(transform: RadonTransform, folder: Path, memory: str) -> None:
    """Forward and adjoint from file to file, by the threads of this process."""
    source = volume_file(folder, transform.grid.shape[0])
    with PrivateMemory() as watched:
        sinogram = rd.forward(transform, rd.load(source), memory=memory)
        rd.save(folder / "sinogram.npy", sinogram)
    print(f"forward, {memory} allowed: {watched.seconds:.1f} s, peak {watched.peak:.0f} MiB private", flush=True)
    with PrivateMemory() as watched:
        rd.save(folder / "adjoint.npy", rd.adjoint(transform, rd.load(folder / "sinogram.npy"), memory=memory))
    print(f"adjoint, {memory} allowed: {watched.seconds:.1f} s, peak {watched.peak:.0f} MiB private", flush=True)
    print(rd.layout(transform, np.float32, memory=memory), flush=True)


def in_memory(transform: RadonTransform, folder: Path) -> None:
    """The same in one process, beside what the files hold."""
    volume = np.load(volume_file(folder, transform.grid.shape[0]))
    with PrivateMemory() as watched:
        sinogram = transform.forward(volume)
    print(f"forward in memory: {watched.seconds:.1f} s, peak {watched.peak:.0f} MiB private", flush=True)
    del volume
    gap = np.abs(np.load(folder / "sinogram.npy") - sinogram).max() / np.abs(sinogram).max()
    with PrivateMemory() as watched:
        image = transform.adjoint(sinogram)
    print(f"adjoint in memory: {watched.seconds:.1f} s, peak {watched.peak:.0f} MiB private", flush=True)
    written = np.load(folder / "adjoint.npy", mmap_mode="r")
    differences = [float(np.abs(part - mine).max()) for part, mine in zip(written, image, strict=True)]
    print(
        f"largest differences: forward {gap:.1e}, adjoint {max(differences) / np.abs(image).max():.1e} of the largest"
    )


def overhead(transform: RadonTransform) -> None:
    """Two workers of one thread beside one process of two threads, all warm, in turn; each keeps its result in memory.

    The volume is one chunk: with both workers, as after `client.scatter(volume, broadcast=True)`, or with one of them,
    from which the other fetches it within the time measured. Sinograms stay where they are computed, or are put into
    the transform's order, in which half of them move to the other worker.
    """
    volume = np.random.default_rng(SEED).standard_normal(transform.grid.shape, dtype=np.float32)
    expected = transform.forward(volume, num_threads=2)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        options = {
            "with both, by period": (True, True),
            "with one, by period": (False, True),
            "with both, in order": (True, False),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ("one process", *options)}
        for round_ in range(ROUNDS + 1):  # The first warms up.
            begin, used = time.perf_counter(), time.process_time()
            kept = transform.forward(volume, num_threads=2)
            times["one process"].append((time.perf_counter() - begin, time.process_time() - used))
            del kept
            for name, (broadcast, by_period) in options.items():
                sent = client.scatter(volume, broadcast=broadcast, hash=False)
                source = da.from_delayed(dask.delayed(sent), volume.shape, volume.dtype)
                begin, used = time.perf_counter(), cpu_seconds(client)
                result = rd.forward(transform, source, by_period=by_period).persist()
                wait(result)
                times[name].append((time.perf_counter() - begin, cpu_seconds(client) - used))
                if round_ == 0:
                    gap = np.abs(result.compute().reshape(expected.shape) - expected).max() / np.abs(expected).max()
                    print(f"{name}: largest difference {gap:.1e} of the largest value", flush=True)
                del result, source, sent
                time.sleep(0.5)
    print(f"median of {ROUNDS} rounds, seconds and CPU seconds; ratios of rounds: median, least to largest")
    one = np.array(times["one process"][1:])
    for name, rows in times.items():
        table = np.array(rows[1:])
        (wall, cpu), ratios = np.median(table, axis=0), table / one
        spread = f"{ratios[:, 0].min():.2f} to {ratios[:, 0].max():.2f}"
        print(
            f"{name:>22}: {wall:.3f} ({cpu:.3f})  {np.median(ratios[:, 0]):.2f} ({spread}), "
            f"CPU {np.median(ratios[:, 1]):.2f}"
        )


def cpu_seconds(client: Client) -> float:
    """What the workers have used so far."""
    return float(sum(client.run(time.process_time).values()))


def loss(transform: RadonTransform) -> None:
    """One of two workers ends half way; its nanny starts another, and the result is whole."""
    volume = np.random.default_rng(SEED).standard_normal((8, *transform.grid.shape), dtype=np.float32)
    expected = transform.forward(volume)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        result = rd.forward(transform, da.from_array(volume, chunks=(1, *transform.grid.shape))).persist()
        victims: dict[str, int] = client.run(os.getpid)
        while done(client) < 4:
            time.sleep(0.01)
        os.kill(next(iter(victims.values())), 9)
        print(f"a worker ended with {done(client)} results there", flush=True)
        computed = result.compute()
    print(f"largest difference {np.abs(computed - expected).max() / np.abs(expected).max():.1e}")


def done(client: Client) -> int:
    """How many results the workers hold."""
    return sum(len(keys) for keys in client.has_what().values())


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("out-of-core", "in-memory", "overhead", "loss"))
    parser.add_argument("--n", type=int, default=768)
    parser.add_argument("--directions", type=int, nargs=2, default=(64, 128))
    parser.add_argument("--memory", default="3 GB")
    parser.add_argument("--folder", type=Path, default=Path("."))
    parser.add_argument("--threads", type=int, default=2)
    arguments: Any = parser.parse_args()
    transform = RadonTransform(Grid.cube(arguments.n, 3), Directions.product(*arguments.directions))
    with dask.config.set(scheduler="threads", num_workers=arguments.threads):
        if arguments.what == "out-of-core":
            out_of_core(transform, arguments.folder, arguments.memory)
        elif arguments.what == "in-memory":
            in_memory(transform, arguments.folder)
    if arguments.what == "overhead":
        overhead(transform)
    elif arguments.what == "loss":
        loss(transform)


if __name__ == "__main__":
    main()
