"""Numbers in sentences."""

from __future__ import annotations


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
