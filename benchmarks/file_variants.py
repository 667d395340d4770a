"""Every form of every kind of file: written by the framework itself, read, and held against the framework's outputs.

    python benchmarks/file_variants.py [--of "Keras, live" ...] [--every 1] [--markdown]

A variant is one choice of layers, names, prefix, biases, activation, precision, container and options of the exporter;
no two of a kind are the same, and files of the same bytes count once. Each is written, read, and compared with what the
framework computes at 96 points of three sizes; verified is what differs by less than 1e-5 of the largest input or
output, rounding of float32 through a few layers. Some variants must be refused (whole models, layouts or orders that
nobody said). Printed for each kind: variants written, read, verified, the largest difference, refusals by what their
message says, and faults. Kinds whose packages are not installed are named. --every 10 takes each tenth variant. Fails
if a network is wrong, if one is read that must be refused, or refused that should be read.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import logging
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

import _variants_of_keras
import _variants_of_others
import _variants_of_torch
import _variants_of_torch_files
from _variants import CLOSE, error_of, found_in

KINDS = _variants_of_torch.KINDS | _variants_of_torch_files.KINDS | _variants_of_keras.KINDS | _variants_of_others.KINDS


@dataclass
class Row:
    """
    What became of the variants of a kind.

    Parameters
    ----------
    kind : str
        One of KINDS.
    written, read, verified : int
        How many.
    repeated : int
        Files that were written before byte by byte, by other options of an exporter: not counted.
    largest : float
        The largest difference among those verified.
    refused : Counter of str
        Refusals that must be, by what their message says.
    faults : list of str
        Wrong networks, what is read and must be refused, and what is refused and should be read.
    """

    kind: str
    written: int = 0
    read: int = 0
    verified: int = 0
    repeated: int = 0
    largest: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.kind}: {self.written} written, {self.read} read, {self.verified} verified to {self.largest:.0e}, "
            f"{self.refused.total()} refused as they must be, {len(self.faults)} faults"
            + (f"; {self.repeated} more were the same bytes" if self.repeated else "")
        ]
        lines += [f"  {number:5d}  {text}" for text, number in self.refused.most_common()]
        return "\n".join(lines + [f"  FAULT: {fault}" for fault in self.faults])

    @property
    def markdown(self) -> str:
        """A row of a table."""
        why = "; ".join(f"{number}: {text}" for text, number in self.refused.most_common())
        cells = (self.kind, self.written, self.read, self.verified, f"{self.largest:.0e}", why, len(self.faults))
        return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"


def missing(kind: str) -> list[str]:
    """
    The packages of a kind that are not installed.

    Parameters
    ----------
    kind : str
        One of KINDS.

    Returns
    -------
    list of str
        Their names.
    """
    return [name for name in KINDS[kind][0] if importlib.util.find_spec(name) is None]


def digest(folder: Path) -> str:
    """
    What is in the files of a folder.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    str
        A hash of their contents.
    """
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()))).hexdigest()


def row_of(kind: str, every: int = 1, most: int | None = None) -> Row:
    """
    Write, read and compare the variants of a kind.

    Parameters
    ----------
    kind : str
        One of KINDS.
    every : int
        The step from one variant that is taken to the next.
    most : int, optional
        The most that are taken.

    Returns
    -------
    Row
        What became of them.
    """
    row, names, contents = Row(kind), set[str](), set[tuple[str, str]]()
    for variant in islice(KINDS[kind][1](), 0, None if most is None else every * most, every):
        if variant.name in names:
            raise AssertionError(f"{kind}: {variant.name} twice")
        names.add(variant.name)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            written = variant.write(Path(folder))
            key = digest(Path(folder)), str(variant.told)
            if isinstance(written, Path) and key in contents:
                row.repeated += 1
                continue
            contents.add(key)
            row.written += 1
            try:
                found = found_in(written, variant.told)
            except (ValueError, TypeError, MemoryError) as error:
                if variant.refused and variant.refused in str(error):
                    row.refused[variant.refused] += 1
                else:
                    row.faults.append(f"{variant.name}: refused: {error}")
                continue
            row.read += 1
            difference = error_of(variant, found)
        if variant.refused:
            row.faults.append(f"{variant.name}: read, and must be refused")
        elif difference <= CLOSE:
            row.verified += 1
            row.largest = max(row.largest, difference)
        else:
            row.faults.append(f"{variant.name}: WRONG, off by {difference:.1e}")
    return row


def main() -> None:
    """Count, print, and fail if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--markdown", action="store_true", help="print a table")
    arguments = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "torch")
    logging.disable(logging.WARNING)
    if arguments.markdown:
        print("| kind | written | read | verified | largest difference | refused as it must be | faults |")
        print("|---|---|---|---|---|---|---|")
    rows = []
    for kind in arguments.of:
        if missing(kind):
            print(f"{kind}: not counted, without {', '.join(missing(kind))}", file=sys.stderr)
            continue
        begin = time.perf_counter()
        rows.append(row_of(kind, arguments.every))
        print(rows[-1].markdown if arguments.markdown else rows[-1], flush=True)
        print(f"  {kind}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    faults = sum(len(row.faults) for row in rows)
    print(
        f"{len(rows)} kinds: {sum(row.written for row in rows)} written, {sum(row.read for row in rows)} read, "
        f"{sum(row.verified for row in rows)} verified, {sum(row.refused.total() for row in rows)} refused as they "
        f"must be, {faults} faults"
    )
    raise SystemExit(int(faults > 0))


if __name__ == "__main__":
    main()
