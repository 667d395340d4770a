"""Errors of the package in the words of the command line: options instead of Python's arguments."""

from __future__ import annotations

import re

_REPLACED = (
    (
        r"\brtv: expected the dimension of a callable, as dim=2 or a domain with a center",
        "expected the number of inputs of the function, as --dim 2 or --domain with a center",
    ),
    (
        r"give a domain, such as domain=Ball\(1\.0, [^)]*\)(?:, or pass a network or a closed form itself)?",
        "give a ball on which it is defined, --domain RADIUS,C1,...,Cd",
    ),
    (
        r"give box=\(low, high\), outside which it is affine, or (?:a domain, such as )?domain=Ball\(1\.0, \[0\.0\]\)",
        "give a ball on which it is defined, --domain RADIUS,C1,...,Cd",
    ),
    (r", or give box=\(low, high\), outside which it is affine", ""),
    (r"domain=Ball\((?:radius, center|\.\.\.)\)", "--domain RADIUS,C1,...,Cd"),
    (r"domain=Ball\(radius\)", "--domain RADIUS"),
    (r"domain=Ball\(([\d.e+-]+), \[([^\]]*)\]\)", r"--domain \1,\2"),
    (r"domain=Ball\(([\d.e+-]+)\)", r"--domain \1"),
    (r"\bBall\(radius, center\)", "--domain RADIUS,C1,...,Cd"),
    (r"\bdim=(\d+)", r"--dim \1"),
    (r"drop such rows \(drop_missing=True\)", "leave such rows out with --drop-missing"),
    (r"target='NAME'", "--target NAME"),
    (r"columns=\['A', 'B'\]", "--columns A,B"),
    (r": (target|columns): expected", r": --\1: expected"),
    (r"\bdecay=([\d.e-]+)", r"--decay \1"),
    (r"vectorize=True", "--vectorize"),
    (r"raise max_queries", "the limit of this command"),
    (
        r"layout='out_in' \(PyTorch, Equinox\) or layout='in_out'",
        "--layout out_in (PyTorch, Equinox) or --layout in_out",
    ),
    (
        r"say layers=\[\.\.\.\] with the names first to last \(--layers\)",
        "give the names first to last, --layers A,B,...",
    ),
    (r"layers=\[\.\.\.\]", "--layers A,B,..."),
    (r"activation='(\w+)' \(on the command line[^)]*\)", r"--activation \1"),
    (r"activation='(\w+)'", r"--activation \1"),
    (r"prefix=('[^']*'|\[[^\]]*\])(?: or prefix=(?:'[^']*'|\[[^\]]*\]))? \(--prefix\)", "--prefix"),
    (r"use from_model\(model\)", "hand the model over in Python"),
    (r"; radon_nn\.load reads a file", ""),
    (r"\ba callable\b", "a function"),
    (r"\bthe callable\b", "the function"),
    (r"\bseconds=", "--seconds "),
    (r"\btol=", "--tol "),
    (r"return one row per point", "return one value for each point"),
    (r"\bnp\.", "numpy."),
)


def in_words_of_the_shell(message: str) -> str:
    """
    A message of the package as the command says it, on one line.

    Parameters
    ----------
    message : str
        The text of an error.

    Returns
    -------
    str
        The same with options for arguments: '--dim 2' for 'dim=2'.
    """
    line = " ".join(message.split())
    for pattern, words in _REPLACED:
        line = re.sub(pattern, words, line)
    return line
