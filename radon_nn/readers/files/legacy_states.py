"""State dicts as PyTorch before 1.6 wrote them: five pickles, then the storages; taken as data, without checksums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from radon_nn._support.wording import counted
from radon_nn.readers.files.pickles import LONGEST, Opaque, evaluated
from radon_nn.readers.files.storages import DTYPES, Storages

BEGIN = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""A pickle of the number that begins such a file."""
_VERSION = 1001
"""What PyTorch calls the protocol version of this format."""
_COUNT = 8
"""Bytes of the number of numbers before each storage."""


def legacy_object(data: bytes, remedy: str) -> Any:
    """
    The object in a file that begins with `BEGIN`.

    The format has no checksums: a changed byte of a number is another number.

    Parameters
    ----------
    data : bytes
        The file.
    remedy : str
        What to do about other contents, for errors.

    Returns
    -------
    object
        As `Storages.object` gives it.

    Raises
    ------
    ValueError
        If bytes are missing or left over, or storages do not fit the tensors.
    """
    version, at = evaluated(data, Opaque, _none, len(BEGIN))
    system, at = evaluated(data, Opaque, _none, at)
    if version != _VERSION or not isinstance(system, dict):
        raise ValueError(f"expected version {_VERSION}, got {version!r:.40}; {remedy}")
    order = "<" if system.get("little_endian", True) else ">"
    # Storages come last: a first reading learns of which kind each of them is.
    kinds: dict[str, str] = {}
    begin = at
    _, at = evaluated(data, Storages({}, len(data), remedy).named_without_tensors, _classes(_noting(kinds)), begin)
    if at - begin > LONGEST:
        raise ValueError(f"expected a pickle of at most {LONGEST} bytes, got {at - begin}")
    keys, at = evaluated(data, Opaque, _none, at)
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(kinds):
        raise ValueError(f"expected the storages {', '.join(sorted(kinds)[:6])}, got a list of others; {remedy}")
    bytes_of: dict[str, bytes] = {}
    for key in keys:
        numbers = int.from_bytes(data[at : at + _COUNT], "little" if order == "<" else "big")
        end = at + _COUNT + numbers * int(DTYPES[kinds[key]][1])
        if end > len(data):
            raise ValueError(
                f"storage {key!r}: expected {counted(numbers, 'number')}, got the end of the file; {remedy}"
            )
        bytes_of[key] = data[at + _COUNT : end]
        at = end
    if at != len(data):
        raise ValueError(f"expected the end of the file after its storages, got {len(data) - at} more bytes; {remedy}")
    storages = Storages(bytes_of, len(data), remedy, order)
    return evaluated(data, storages.named, _classes(storages.persistent), begin)[0]


def _none(what: Any) -> Any:
    raise ValueError(f"expected no storages here, got {what!r:.80}")


def _classes(persistent: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """With the classes of whole modules, behind which PyTorch keeps their source: known by name only."""

    def named(what: Any) -> Any:
        if isinstance(what, tuple) and len(what) == 4 and what[0] == "module" and isinstance(what[1], Opaque):
            return what[1]
        return persistent(what)

    return named


def _noting(kinds: dict[str, str]) -> Any:
    def persistent(what: Any) -> Opaque:
        word, kind, key, *_ = what
        if word != "storage" or kinds.setdefault(str(key), kind) != kind or kind not in DTYPES:
            raise ValueError(f"expected storages of one kind each, got {what!r:.80}")
        return Opaque("storage")

    return persistent
