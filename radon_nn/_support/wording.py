"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from radon_nn._support.types import Floats


def counted(number: int, noun: str) -> str:
    """
    A number with its noun, in the plural unless the number is one.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        The noun in the singular, after any adjectives; its plural is regular.

    Returns
    -------
    str
        Such as '1 spike', '0 dead neurons', '2 queries'.
    """
    if number == 1:
        return f"{number} {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}{'es' if noun.endswith(('s', 'x', 'ch')) else 's'}"


def listed(parts: Sequence[str]) -> str:
    """
    Parts of a sentence, joined by commas and a last 'and'.

    Parameters
    ----------
    parts : sequence of str
        The parts.

    Returns
    -------
    str
        Such as 'a, b and c'.
    """
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + "".join(parts[-1:])


def rounded(vector: Floats, unit: float = 1.0) -> list[float]:
    """
    A vector for messages: six digits of each coordinate.

    Parameters
    ----------
    vector : ndarray, shape (d,)
        The vector.
    unit : float
        A length of its surroundings: coordinates below 1e-8 of it are rounding, and become 0.

    Returns
    -------
    list of float
        Such as [0.0, 0.333333].
    """
    return [float(f"{x:.6g}") if abs(x) > 1e-8 * unit else 0.0 for x in vector]
