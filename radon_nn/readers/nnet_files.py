"""Networks in .nnet files, the text format of the verification community: ReLU layers and the scaling of their data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.readers.graph import Scaling, Understood
from radon_nn.readers.layers import Translation
from radon_nn.readers.refusals import naming

_REMEDY = "write it again with a tool of the format (NNet), or load the model from another format"
# A line of the header, of a matrix and of a bias; more layers than any network has would only cost time.
_MOST_LAYERS = 1000
# Python also takes 1_0 for 10, digits of other scripts, and numbers with the end of a line beside them.
_NUMBER = re.compile(r"[ \t]*[-+]?([0-9.]+(e[-+]?[0-9]+)?|nan|inf(inity)?)[ \t]*", re.ASCII | re.IGNORECASE)


class Header(NamedTuple):
    """
    What precedes the matrices in an .nnet file.

    Parameters
    ----------
    sizes : list of int
        Numbers of inputs, of neurons of each hidden layer, and of outputs.
    lows, highs : ndarray, shape (d,)
        The box to which readers of the format clip inputs.
    means, ranges : ndarray, shape (d + 1,)
        Of each input, and last of the outputs: the network computes in (x - mean) / range.
    """

    sizes: list[int]
    lows: Floats
    highs: Floats
    means: Floats
    ranges: Floats


def read_nnet_file(where: Path, *, logits: bool = True) -> Understood:
    """
    The network in an .nnet file, the normalisation of its inputs and outputs folded into it.

    The format has no checksums: a changed digit is another number.

    Parameters
    ----------
    where : path
        The file.
    logits : bool
        Not used: these networks end with an affine layer.

    Returns
    -------
    Understood
        The network in the units of the data.

    Raises
    ------
    ValueError
        If a line is not as the format has it, or lines are missing or left over.
    MemoryError
        If the network would not fit into memory.
    """
    # Numbers take at least two characters, and eight bytes in each of the arrays that hold them.
    checks.fits_memory(8.0 * where.stat().st_size, f"{where}", "is it the right file?")
    with naming(where, f"expected numbers as the .nnet format has them; {_REMEDY}"):
        with open(where, encoding="ascii", newline="\n") as stream:
            rows = _rows(stream)
            header = _header(rows)
            graph = Translation(header.sizes[0], given=float(where.stat().st_size))
            inputs, (shift, scale) = header.sizes[0], (header.means[-1], header.ranges[-1])
            means, ranges = header.means[:inputs], header.ranges[:inputs]
            value = graph.scale(graph.input, 1 / ranges, -means / ranges, name="input means and ranges")
            for k, (before, after) in enumerate(zip(header.sizes[:-1], header.sizes[1:], strict=True), 1):
                graph.step(after)
                matrix = np.stack([_numbers(rows, before, f"layer {k}, weights") for _ in range(after)])
                bias = np.array([_numbers(rows, 1, f"layer {k}, biases")[0] for _ in range(after)])
                value = graph.affine(value, matrix, bias, name=f"layer {k}")
                value = graph.activate(value, "relu") if k < len(header.sizes) - 1 else value
            left = next(rows, None)
            if left is not None:
                raise ValueError(
                    f"expected the end after the last bias, got line {left[0]}: {left[1]!r:.60}; {_REMEDY}"
                )
        value = graph.scale(value, scale, shift, name="output mean and range")
        graph.note("the means and ranges of inputs and outputs are folded")
        graph.note(f"inputs are taken as they are; the format's own readers clip them to {_box(header)}")
        understood = graph.finish(value, f".nnet file {where.name}")
    return understood.scaled(Scaling(means, ranges))


def _rows(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without comments and empty lines."""
    for number, line in enumerate(stream, 1):
        text = line.strip()
        if text and not text.startswith("//"):
            yield number, text


def _numbers(rows: Iterator[tuple[int, str]], count: int, what: str) -> Floats:
    """The numbers of the next line, separated by commas, with or without one at the end."""
    number, text = next(rows, (0, ""))
    if not number:
        raise ValueError(f"{what}: expected {counted(count, 'number')}, got the end of the file; {_REMEDY}")
    cells = text.removesuffix(",").split(",")
    if len(cells) != count:
        raise ValueError(
            f"{what}: expected {counted(count, 'number')} in line {number}, got {len(cells)}: {text!r:.60}; {_REMEDY}"
        )
    try:
        found = np.array([float(cell) for cell in cells])
    except ValueError:
        found = np.empty(0)
    if not (found.size and all(map(_NUMBER.fullmatch, cells))):
        raise ValueError(f"{what}: expected numbers in line {number}, got {text!r:.60}; {_REMEDY}")
    if not np.isfinite(found).all():
        raise ValueError(f"{what}: expected finite numbers in line {number}, got {text!r:.60}; {_REMEDY}")
    return found


def _whole(numbers: Floats, what: str) -> list[int]:
    if not all(n == int(n) and n >= 1 for n in numbers):
        raise ValueError(f"{what}: expected whole numbers from 1, got {numbers.tolist()!r:.60}; {_REMEDY}")
    return [int(n) for n in numbers]


def _header(rows: Iterator[tuple[int, str]]) -> Header:
    layers, inputs, outputs, _ = _whole(_numbers(rows, 4, "header"), "header")
    if layers > _MOST_LAYERS:
        raise ValueError(f"header: expected at most {_MOST_LAYERS} layers, got {layers}; {_REMEDY}")
    sizes = _whole(_numbers(rows, layers + 1, "sizes of the layers"), "sizes of the layers")
    if (sizes[0], sizes[-1]) != (inputs, outputs):
        raise ValueError(f"sizes of the layers: expected {inputs} first and {outputs} last, got {sizes}; {_REMEDY}")
    number, text = next(rows, (0, ""))
    if text.removesuffix(",").strip() != "0":
        # A flag of early versions for symmetric networks, which no tool reads any more.
        raise ValueError(f"expected the flag 0 in line {number}, got {text!r:.60}; {_REMEDY}")
    lows, highs = (_numbers(rows, inputs, f"{name} of the inputs") for name in ("minima", "maxima"))
    means, ranges = (_numbers(rows, inputs + 1, name) for name in ("means", "ranges"))
    if not (ranges > 0).all():
        raise ValueError(f"ranges: expected positive numbers, got {float(ranges.min())!r}; {_REMEDY}")
    return Header(sizes, lows, highs, means, ranges)


def _box(header: Header) -> str:
    """The box of the inputs, the first few of them."""
    most = 4
    sides = [f"[{low:.4g}, {high:.4g}]" for low, high in zip(header.lows[:most], header.highs[:most], strict=True)]
    return " x ".join(sides) + (f" x ... ({math.trunc(len(header.lows))} inputs)" if len(header.lows) > most else "")
