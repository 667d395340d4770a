"""Damaged and forged files of each kind: refused in one line, or read as what an independent reader reads in them.

    python benchmarks/mutated_files.py [--files 20000] [--seed 0] [--of npz pt ...]

Each file is a valid one with one to three changes: bits, bytes, runs cut out, put in, repeated or exchanged, the end
cut off. Of archives half the changes are to a member, with checksums made right again, as a forger would. A fault is: a
network that is neither the one that was written nor the one that NumPy, PyTorch, safetensors, h5py or a plain parser
reads in the same bytes; an error other than those that `load` documents, or of several lines, or without the file's
name; more than 5 s for a file; more memory than ten times the 16 MiB below which any ratio of compression is let
through; a crash of the process.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn import DeepNetwork, ShallowNetwork, from_model, load, save
from radon_nn.readers.graph import Network

Floats = NDArray[np.float64]
Chain = list[tuple[Floats, Floats, str]]
"""Layers as (W (out, in), b, activation after it)."""

SIZES = (3, 5, 4, 2)
SECONDS = 5
MEMORY = 10 * (1 << 24)
"""Bytes above those after the first file: ten times the size below which archives are not held to a ratio."""
BATCH = 5000
"""Files of one process: what libraries leak is among the memory it may take."""
HANGS = 300
"""Seconds after which a file is said to hang: a library in C does not see the signal that ends the 5 s."""


class Outcome(NamedTuple):
    """
    What became of a file.

    Parameters
    ----------
    seed : int
        Its seed.
    what : str
        'refused', 'the same', 'as the reference', 'not judged' (the independent reader fails), 'wrong' or worse.
    fault : str
        What is wrong; '' if nothing.
    seconds : float
        CPU time that reading took, the independent reader's included.
    grown : int
        By how many MiB the process is larger than after the first file, at most so far.
    """

    seed: int
    what: str
    fault: str
    seconds: float
    grown: int


class Kind(NamedTuple):
    """A kind of file: how it is named and written, what `load` must be told, and an independent reader."""

    suffix: str
    write: Callable[[Path, Chain], None]
    reference: Callable[[Path], Chain | Network]
    told: dict[str, Any] = {"activation": "relu"}  # noqa: RUF012


def chain(rng: np.random.Generator) -> Chain:
    """Three layers with ReLU between."""
    sizes = list(pairwise(SIZES))
    return [
        (
            rng.uniform(-1, 1, (after, before)).astype(np.float32).astype(float),
            rng.uniform(-1, 1, after).astype(np.float32).astype(float),
            "relu" if k < len(sizes) - 1 else "linear",
        )
        for k, (before, after) in enumerate(sizes)
    ]


def network_of(layers: Chain | Network) -> Network:
    """The network of a chain."""
    if not isinstance(layers, list):
        return layers
    return from_model(
        [{"weight": w, "bias": b} for w, b, _ in layers],
        activation=[name for *_, name in layers[:-1]],
        layout="out_in",
    )


def state(layers: Chain) -> dict[str, Any]:
    """As PyTorch has it."""
    named = {}
    for k, (w, b, _) in enumerate(layers):
        named |= {f"{2 * k}.weight": w.astype(np.float32), f"{2 * k}.bias": b.astype(np.float32)}
    return named


def of_state(arrays: Any) -> Chain:
    """A chain of named arrays, in the order of their numbers."""
    # 'Bias' is a bias too.
    arrays = {name.lower(): array for name, array in arrays.items()}
    numbers = sorted({int(name.split(".")[0]) for name in arrays})
    matrices = {k: np.asarray(arrays[f"{k}.weight"], float) for k in numbers}
    # A layer whose bias is gone has none.
    parts = [(w, np.asarray(arrays.get(f"{k}.bias", np.zeros(len(w))), float)) for k, w in matrices.items()]
    return [(w, b, "relu" if k < len(parts) - 1 else "linear") for k, (w, b) in enumerate(parts)]


def tensors(layers: Chain) -> dict[str, Any]:
    """The state as tensors."""
    import torch

    return {name: torch.as_tensor(array) for name, array in state(layers).items()}


def loaded(path: Path) -> Chain:
    """What PyTorch reads, weights only."""
    import torch

    return of_state({name: part.double().numpy() for name, part in torch.load(path, weights_only=True).items()})


def module(layers: Chain) -> Any:
    """The chain as a Sequential."""
    import torch
    from torch import nn

    parts: list[Any] = []
    for w, b, _ in layers:
        layer = nn.Linear(w.shape[1], w.shape[0])
        layer.weight.data, layer.bias.data = (torch.as_tensor(a, dtype=torch.float32) for a in (w, b))
        parts += [layer, nn.ReLU()]
    return nn.Sequential(*parts[:-1]).eval()


def write_exported(path: Path, layers: Chain) -> None:
    """A program of torch.export."""
    import torch

    torch.export.save(torch.export.export(module(layers), (torch.zeros(2, SIZES[0]),)), path)


def exported(path: Path) -> Chain:
    """The parameters that PyTorch reads."""
    import torch

    parameters = torch.export.load(path).state_dict
    return of_state({name: part.detach().double().numpy() for name, part in parameters.items()})


def write_scripted(path: Path, layers: Chain) -> None:
    """An archive of TorchScript."""
    import torch

    torch.jit.save(torch.jit.script(module(layers)), path)


def scripted(path: Path) -> Chain:
    """The parameters that PyTorch reads."""
    import torch

    parameters = torch.jit.load(path).state_dict()
    return of_state({name: part.double().numpy() for name, part in parameters.items()})


def write_torch(path: Path, layers: Chain, *, old: bool = False) -> None:
    """What torch.save writes."""
    import torch

    torch.save(tensors(layers), path, _use_new_zipfile_serialization=not old)


def write_named(path: Path, layers: Chain) -> None:
    """Arrays by name."""
    with open(path, "wb") as stream:
        np.savez(stream, **state(layers))


def named(path: Path) -> Chain:
    """What NumPy reads."""
    with np.load(path, allow_pickle=False) as arrays:
        return of_state(dict(arrays))


def write_safetensors(path: Path, layers: Chain) -> None:
    """Tensors by name."""
    from safetensors.numpy import save_file

    save_file(state(layers), path, {"format": "pt"})


def safetensors(path: Path) -> Chain:
    """What the package safetensors reads."""
    from safetensors.numpy import load_file

    return of_state(load_file(path))


def native(path: Path) -> Network:
    """The layers in a file of radon_nn, of the numbers that NumPy reads."""
    fields = ("weights", "biases", "readout", "skip", "constant")
    with np.load(path, allow_pickle=False) as arrays:
        count = sum(name.endswith(".weights") for name in arrays)
        given = [{name: arrays[f"{k}.{name}"] for name in fields if f"{k}.{name}" in arrays} for k in range(count)]
        activations = [str(arrays[f"{k}.activation"]) for k in range(count)]
    layers = [ShallowNetwork(**part, activation=name) for part, name in zip(given, activations, strict=True)]
    return DeepNetwork(layers)


def keras_model(layers: Chain) -> Any:
    """The chain as a Keras model."""
    import keras

    dense = [keras.layers.Dense(len(b), activation=name) for _, b, name in layers]
    model = keras.Sequential([keras.Input((SIZES[0],)), *dense])
    for layer, (w, b, _) in zip(dense, layers, strict=True):
        layer.set_weights([w.T, b])
    return model


def write_keras(path: Path, layers: Chain) -> None:
    """What Keras saves, by the end of the name."""
    keras_model(layers).save(path)


def keras_chain(config: str, arrays: Callable[[str, str], Any]) -> Chain:
    """The chain of a Sequential's configuration."""
    dense = [layer for layer in json.loads(config)["config"]["layers"] if layer["class_name"] == "Dense"]
    layers = []
    for layer in dense:
        name, activation = layer["config"]["name"], layer["config"]["activation"]
        layers.append((np.asarray(arrays(name, "0"), float).T, np.asarray(arrays(name, "1"), float), activation))
    return layers


def keras_archive(path: Path) -> Chain:
    """What json and h5py read."""
    import h5py

    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json").decode()
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            vars_of = {part["vars"].attrs["name"]: part["vars"] for part in file["layers"].values()}
            return keras_chain(config, lambda name, k: vars_of[name][k][()])


def hdf5(path: Path) -> Chain:
    """What json and h5py read."""
    import h5py

    with h5py.File(path) as file:
        keys = {"0": "kernel", "1": "bias"}
        group = file["model_weights"]

        def array(name: str, k: str) -> Any:
            found: list[Any] = []
            group[name].visititems(lambda path, part: found.append(part) if path.endswith(keys[k]) else None)
            return found[0][()]

        return keras_chain(file.attrs["model_config"], array)


def write_nnet(path: Path, layers: Chain) -> None:
    """As the tools of the verification community write it."""
    d = SIZES[0]
    rows: list[Any] = [[len(layers), d, SIZES[-1], max(SIZES)], SIZES, [0], [-1e3] * d, [1e3] * d]
    rows += [[0.5] * (d + 1), [2.0] * (d + 1)]
    for w, b, _ in layers:
        rows += [*w.tolist(), *([n] for n in b.tolist())]
    path.write_text("// a network\n" + "".join(",".join(map(repr, row)) + ",\n" for row in rows))


def nnet(path: Path) -> Chain:
    """A plain parser of the format, which expects nothing but numbers."""
    lines = [line.strip() for line in path.read_text().split("\n")]
    rows = [[float(n) for n in line.split(",") if n] for line in lines if line and not line.startswith("//")]
    sizes, means, ranges = [int(n) for n in rows[1]], np.array(rows[5]), np.array(rows[6])
    at, layers = 7, []
    for k, (before, after) in enumerate(pairwise(sizes)):
        w, b = np.array(rows[at : at + after]).reshape(after, before), np.array(rows[at + after : at + 2 * after])[:, 0]
        at += 2 * after
        b = b - w / ranges[:-1] @ means[:-1] if k == 0 else b
        w = w / ranges[:-1] if k == 0 else w
        last = k == len(sizes) - 2
        layers.append((w * ranges[-1], b * ranges[-1] + means[-1], "linear") if last else (w, b, "relu"))
    return layers


KINDS = {
    "native": Kind(".npz", lambda path, layers: save(path, network_of(layers)), native, {}),
    "npz": Kind(".npz", write_named, named),
    "safetensors": Kind(".safetensors", write_safetensors, safetensors),
    "pt": Kind(".pt", write_torch, loaded),
    "old pt": Kind(".pt", lambda path, layers: write_torch(path, layers, old=True), loaded),
    "TorchScript": Kind(".pt", write_scripted, scripted),
    "pt2": Kind(".pt2", write_exported, exported, {}),
    "keras": Kind(".keras", write_keras, keras_archive, {}),
    "h5": Kind(".h5", write_keras, hdf5, {}),
    "nnet": Kind(".nnet", write_nnet, nnet, {}),
}


def changed(data: bytes, rng: np.random.Generator, *, text: bool) -> bytes:
    """One to three changes; more often at the beginning and at the end, where structure is."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if not out:
            return b""
        spread = rng.choice([len(out), min(300, len(out))])
        at = int(rng.integers(spread))
        at = len(out) - 1 - at if rng.random() < 0.3 else at
        run = int(rng.integers(1, 40))
        other = int(rng.integers(len(out)))
        how = rng.integers(8)
        if how == 0:
            out[at] ^= 1 << int(rng.integers(8))
        elif how == 1:
            out[at] = int(rng.choice(list(b"0123456789,.-e\n{}[]\"':/"))) if text else int(rng.integers(256))
        elif how == 2:
            del out[at : at + run]
        elif how == 3:
            out[at:at] = rng.bytes(run)
        elif how == 4:
            out[at:at] = out[other : other + run]
        elif how == 5:
            out[at : at + run] = out[other : other + run]
        elif how == 6:
            out[at : at + run] = bytes([int(rng.choice([0, 255]))]) * min(run, len(out) - at)
        else:
            del out[at:]
    return bytes(out)


def mutated(data: bytes, rng: np.random.Generator, kind: Kind) -> bytes:
    """The file with changes; of an archive half the time in one member, with right checksums."""
    text = kind.suffix == ".nnet"
    if data[:2] != b"PK" or rng.random() < 0.5:
        return changed(data, rng, text=text)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {entry.filename: (archive.read(entry), entry.compress_type) for entry in archive.infolist()}
    names = list(members)
    chosen = str(rng.choice(names))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            if name == chosen and rng.random() < 0.1:
                continue
            content = (
                changed(members[name][0], rng, text=name.endswith(".json")) if name == chosen else members[name][0]
            )
            archive.writestr(name, content, members[name][1])
    return out.getvalue()


def same(one: Network, other: Network, rng: np.random.Generator) -> bool:
    """Whether two networks agree at points of three sizes, to the rounding of float64."""
    if (one.dim, one.outputs) != (other.dim, other.outputs):
        return False
    for scale in (0.1, 1.0, 10.0):
        points = scale * rng.standard_normal((8, one.dim))
        try:
            ours, theirs = one(points), other(points)
        except ValueError:
            # Weights so large that numbers between layers overflow: then they must be the same.
            return one == other
        if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-9 * (1e-300 + np.abs(theirs).max())):
            return False
    return True


def fault_of(path: Path, kind: Kind, original: Network, rng: np.random.Generator) -> tuple[str, str]:
    """What became of a file, and what is wrong with that; '' if nothing."""
    try:
        network = load(path, **kind.told)
    except (ValueError, TypeError, MemoryError) as error:
        line = str(error)
        fine = line.startswith(str(path)) or "expected" in line
        wrong = "" if fine and line.isprintable() and len(line) < 4000 else f"the message {line[:300]!r}"
        return "refused", wrong
    if not isinstance(network, ShallowNetwork | DeepNetwork):
        return "wrong", f"got {type(network).__name__}"
    if same(network, original, rng):
        return "the same", ""
    try:
        reference = network_of(kind.reference(path))
    except Exception as error:  # the independent reader may refuse in any way it likes
        return "not judged", f"a network where the reference says {type(error).__name__}: {str(error)[:150]}"
    return ("as the reference", "") if same(network, reference, rng) else ("wrong", "not what the reference reads")


def outcomes(name: str, first: int, count: int) -> Iterator[Outcome]:
    """
    Mutate and read files in this process.

    Parameters
    ----------
    name : str
        One of KINDS.
    first, count : int
        The seeds.

    Yields
    ------
    Outcome
        What became of each file.
    """
    kind, layers = KINDS[name], chain(np.random.default_rng(0))
    original = network_of(layers)

    def late(*_: object) -> None:
        raise AssertionError(f"more than {SECONDS} s")

    # CPU time: the machine may be busy.
    before = signal.signal(signal.SIGPROF, late)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        valid, path = Path(folder) / f"valid{kind.suffix}", Path(folder) / f"net{kind.suffix}"
        kind.write(valid, layers)
        data = valid.read_bytes()
        fault = ""
        if not same(load(valid, **kind.told), original, np.random.default_rng(0)):
            if not same(load(valid, **kind.told), network_of(kind.reference(valid)), np.random.default_rng(0)):
                fault = "the valid file is read as another network"
            original = load(valid, **kind.told)
        base, most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
        for seed in range(first, first + count):
            rng = np.random.default_rng([seed, len(name)])
            path.write_bytes(mutated(data, rng, kind))
            begin = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                what, wrong = fault_of(path, kind, original, rng)
            except Exception as error:
                what, wrong = "foreign exception", f"{type(error).__name__}: {str(error)[:200]}"
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            took, grown = time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
            if 1024 * grown > MEMORY and grown > most:
                wrong = f"{wrong} {grown >> 10} MiB more memory"
            most = max(most, grown)
            yield Outcome(seed, what, f"{fault} {wrong}".strip(), took, grown >> 10)
    signal.signal(signal.SIGPROF, before)


def work(name: str, first: int, count: int) -> None:
    """
    Print what becomes of each file, one line of JSON each; end the process where a library in C does not return.

    Parameters
    ----------
    name : str
        One of KINDS.
    first, count : int
        The seeds.
    """
    faulthandler.dump_traceback_later(HANGS, exit=True)
    for outcome in outcomes(name, first, count):
        faulthandler.dump_traceback_later(HANGS, exit=True)
        print(json.dumps(outcome), flush=True)
    faulthandler.cancel_dump_traceback_later()


def in_workers(name: str, first: int, count: int) -> Iterator[Outcome]:
    """
    What becomes of files in processes of their own, each of which goes on until a file crashes or stops it.

    Parameters
    ----------
    name : str
        One of KINDS.
    first, count : int
        The seeds.

    Yields
    ------
    Outcome
        What became of each file.
    """
    seed = first
    while seed < first + count:
        size = min(BATCH, first + count - seed)
        command = [sys.executable, __file__, "--worker", "--of", name, "--seed", str(seed), "--files", str(size)]
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as worker,
        ):
            assert worker.stdout is not None
            end = seed + size
            for line in worker.stdout:
                outcome = Outcome(*json.loads(line))
                seed = outcome.seed + 1
                yield outcome
            if worker.wait() and seed < end:
                said.seek(0)
                where = [line.strip() for line in said if "radon_nn" in line or "Error" in line][:2]
                yield Outcome(seed, "crash or hang", f"status {worker.returncode}: {'; '.join(where)}", float(HANGS), 0)
                seed += 1


def main() -> None:
    """Count, print, and fail if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--of", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "torch")
    logging.disable(logging.WARNING)
    if arguments.worker:
        work(arguments.of[0], arguments.seed, arguments.files)
        return
    failed = False
    for name in arguments.of:
        begin, counts, faults = time.perf_counter(), Counter[str](), list[Outcome]()
        slowest, grown = 0.0, 0
        for outcome in in_workers(name, arguments.seed, arguments.files):
            counts[outcome.what] += 1
            slowest, grown = max(slowest, outcome.seconds), max(grown, outcome.grown)
            if outcome.fault:
                faults.append(outcome)
                print(f"  {name}, seed {outcome.seed}: {outcome.what}: {outcome.fault}", flush=True)
        print(
            f"{name}: {arguments.files} files in {time.perf_counter() - begin:.0f} s, {len(faults)} faults; "
            f"{dict(counts)}; slowest {slowest:.2f} s, at most {grown} MiB more memory",
            flush=True,
        )
        failed |= bool(faults)
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
