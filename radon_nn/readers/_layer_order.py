"""The order of layers, from the numbers in their names; where names do not determine it, nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

Shapes = Mapping[str, tuple[int, int]]
"""Outputs and inputs of each layer, by name."""

# 'q_target.fc_1' is 'q', '_target', '.fc_1': a number belongs to the word before it.
_WORD = re.compile(r"[./_]*[^./_]+(?:_\d+(?![^./_]))*")
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# The words by which people name layers of a chain; other words name networks or their parts.
_FIRST = ("embed", "embedding", "first", "in", "inp", "input", "stem")
_AMID = (
    *("dense", "fc", "full", "fully", "connected", "h", "hid", "hidden", "inner", "l", "layer", "lin", "linear"),
    *("mid", "middle", "proj", "projection", "second", "third", "w", "weight"),
)
_LAST = ("final", "head", "last", "logit", "logits", "out", "output", "readout")
# Words that with a number (head1) name networks side by side; as the container of numbers (head.0), one network.
_NETWORKS = (
    *("actor", "agent", "branch", "classifier", "critic", "decoder", "discriminator", "encoder", "estimator", "expert"),
    *("generator", "head", "learner", "member", "mlp", "model", "net", "network", "out", "output", "policy"),
    *("predictor", "q", "qf", "qnet", "replica", "student", "submodel", "subnet", "target", "task", "teacher"),
    *("tower", "v", "value", "vf"),
)
# The same in plural, and the like: containers of networks side by side.
_SEVERAL = (*(f"{word}s" for word in _NETWORKS), "branches", "policies", "ensemble", "ensembles", "folds", "particles")
# A search this long has met many layers of one size; their order is then not unique in practice.
_STEPS = 10_000


def begins(name: str, prefix: str) -> bool:
    """Whether a name begins with a prefix that ends where a word does: 'q' begins 'q.0' and 'q1', not 'q_target.0'."""
    rest = name[len(prefix) :]
    if not name.startswith(prefix):
        return False
    whole = not rest or rest[0] in "./" or not prefix[-1].isalnum()
    return whole or (rest[0].isdigit() and not prefix[-1].isdigit())


def in_order(shapes: Shapes, *, trusted: bool, source: str, chosen: bool = False) -> list[str]:
    """
    The layers of one network, first to last.

    Parameters
    ----------
    shapes : mapping of str to (int, int)
        Outputs and inputs of each layer, in the order in which they were written.
    trusted : bool
        Whether that order is the writer's own, which supports an order that sizes alone determine.
    source : str
        What is read, for errors.
    chosen : bool
        Whether the caller said by a prefix that the layers are of one network.

    Returns
    -------
    list of str
        The names.

    Raises
    ------
    ValueError
        If the names belong to several networks, or do not determine one order.
    """
    written = list(shapes)
    parts = groups(written)
    if len(parts) > 1:
        listed = [prefix_of(part, written) for part in parts]
        raise ValueError(
            f"{source}: expected layers whose names say one order, got {len(parts)} groups, perhaps of several "
            f"networks: {', '.join(listed[:12])}; choose one, or several in the order of computation, with prefix="
            f"{listed[0]!r} or prefix={listed[:2]!r} (--prefix), or name all layers in order with layers=[...]"
        )
    numbered = _by_numbers(written)
    if numbered is not None and fits(numbered, shapes):
        if not chosen and _side_by_side(numbered):
            raise ValueError(
                f"{source}: expected numbered layers of one network, got {', '.join(numbered[:12])}, perhaps several "
                "networks side by side; say layers=[...] with the names first to last (--layers), or choose one with "
                f"prefix={numbered[0]!r} (--prefix)"
            )
        if not (trusted and numbered != written and fits(written, shapes)):
            return numbered
    elif trusted and fits(written, shapes) and _only_order(written, shapes):
        if _places(written):
            return written
        raise ValueError(
            f"{source}: expected names that say the layers' places, by numbers or by words such as input, hidden and "
            f"output, got {', '.join(written[:12])}, perhaps of several networks; say layers=[...] with the names "
            "first to last (--layers), or choose one network with prefix=... (--prefix)"
        )
    listed = [f"{name} {shapes[name]}" for name in written]
    candidates = [order for order in (written, numbered) if order is not None]
    got = "several" if any(fits(order, shapes) for order in candidates) else "none"
    raise ValueError(
        f"{source}: expected one order of the layers in which outputs meet inputs, said by the numbers in their names, "
        f"got {got} for (out, in) shapes {', '.join(listed[:12])}; say layers=[...] with the names first to last "
        "(--layers)"
    )


def fits(names: Sequence[str], shapes: Shapes) -> bool:
    """Whether each layer takes as many numbers as the one before gives."""
    return all(shapes[after][1] == shapes[before][0] for before, after in pairwise(names))


def groups(names: Sequence[str]) -> list[list[str]]:
    """
    Names that belong together: the branches of the tree that the words of the names make.

    Layers that differ in one word, such as fc1, fc2, out, are one group, but where numbers restart: enc1, enc2, dec1.

    Parameters
    ----------
    names : sequence of str
        Names of layers.

    Returns
    -------
    list of list of str
        The groups, in order of appearance.
    """
    return _branches([(name, _WORD.findall(name)) for name in names], 0)


def prefix_of(group: Sequence[str], names: Iterable[str]) -> str:
    """The shortest prefix that begins the names of a group and no other, if possible a whole word: q, not q_."""
    others = [name for name in names if name not in group]
    first = min(group, key=len)
    prefixes = [first[:end] for end in range(1, len(first) + 1)]
    for prefix in sorted(prefixes, key=lambda prefix: not prefix[-1].isalnum()):
        if all(begins(name, prefix) for name in group) and not any(begins(name, prefix) for name in others):
            return prefix
    return first


def _branches(names: list[tuple[str, list[str]]], depth: int) -> list[list[str]]:
    if len(names) == 1 or all(len(words) <= depth for _, words in names):
        return [[name for name, _ in names]]
    children: dict[str, list[tuple[str, list[str]]]] = {}
    for name, words in names:
        children.setdefault(words[depth] if depth < len(words) else "", []).append((name, words))
    if len(children) == 1:
        return _branches(names, depth + 1)
    leaves = [child[0][0] for child in children.values() if len(child) == 1]
    if len(leaves) == len(children) and not _restarts(leaves):
        return [leaves]
    found: dict[str, list[str]] = {}
    parts: list[list[str]] = []
    for child in children.values():
        if len(child) > 1:
            parts += _branches(child, depth + 1)
            continue
        kind, numbers = _skeleton(child[0][0])
        if numbers and kind in found:
            found[kind].append(child[0][0])
        else:
            found[kind] = [child[0][0]]
            parts.append(found[kind])
    return parts


def _skeleton(name: str) -> tuple[str, tuple[int, ...]]:
    """A name without its numbers, and the numbers."""
    return re.sub(r"\d+", "#", name), tuple(int(number) for number in re.findall(r"\d+", name))


def _restarts(names: Sequence[str]) -> bool:
    """Whether the same number follows different words."""
    first: dict[tuple[int, ...], str] = {}
    return any(numbers and first.setdefault(numbers, kind) != kind for kind, numbers in map(_skeleton, names))


def _by_numbers(names: Sequence[str]) -> list[str] | None:
    """The order of the numbers, where names differ in nothing else and no number restarts."""
    known = {name: _skeleton(name) for name in names}
    kinds = {kind for kind, numbers in known.values() if numbers}
    plain = [name for name, (_, numbers) in known.items() if not numbers]
    # Keras and Haiku write the first of its kind without a number: dense, dense_1, dense_2.
    if len(kinds) == 1 and len(plain) == 1 and kinds == {f"{plain[0]}_#"}:
        known[plain[0]] = f"{plain[0]}_#", (-1,)
    if len({kind for kind, _ in known.values()}) != 1 or len(set(known.values())) != len(names):
        return None
    ordered = sorted(names, key=lambda name: known[name][1])
    if any(a > b for x, y in pairwise(ordered) for a, b in zip(known[x][1], known[y][1], strict=True)):
        return None
    return ordered


def _side_by_side(names: Sequence[str]) -> bool:
    """Whether the word before the number in which names differ is one for networks rather than for layers."""
    if len(names) < 2:
        return False
    parts = [re.split(r"(\d+)", name) for name in names]
    k = next(k for k, column in enumerate(zip(*parts, strict=False)) if len(set(column)) > 1)
    # Keras's head, head_1 differ before the number.
    before = parts[-1][max(k - 1, 0)]
    word = next(iter(_TOKEN.findall(before)[::-1]), "").lower()
    if word in _SEVERAL or not before.endswith((".", "/")):
        return word in (*_SEVERAL, *_NETWORKS)
    # A Sequential q has activations between its layers: q.0, q.2; q.0, q.1 are two Q functions.
    return word == "q" and any(int(after[k]) - int(one[k]) == 1 for one, after in pairwise(parts))


def _places(names: Sequence[str]) -> bool:
    """
    Whether all words of the names are those of layers of a chain, and none that is first stands after one that is last.

    Two networks of one layer each, actor and critic, look like a chain whose sizes fit.
    """
    words = [_WORD.findall(name) for name in names]
    common = next((k for k, column in enumerate(zip(*words, strict=False)) if len(set(column)) > 1), 0)
    ranks: list[int] = []
    for parts in words:
        tokens = [token.lower() for token in _TOKEN.findall("".join(parts[common:]))]
        if not set(tokens) <= {*_FIRST, *_AMID, *_LAST}:
            return False
        ranks.append(2 if set(tokens) & set(_LAST) else 0 if set(tokens) & set(_FIRST) else 1)
    return ranks == sorted(ranks)


def _only_order(order: Sequence[str], shapes: Shapes) -> bool:
    """Whether no other order of the layers fits their sizes and the numbers in their names."""
    queues: dict[str, list[str]] = {}
    for name in order:
        kind, numbers = _skeleton(name)
        queues.setdefault(kind if numbers else name, []).append(name)
    chains = [sorted(queue, key=lambda name: _skeleton(name)[1]) for queue in queues.values()]
    stack: list[tuple[tuple[int, ...], tuple[str, ...]]] = [((0,) * len(chains), ())]
    for _ in range(_STEPS):
        if not stack:
            return True
        taken, names = stack.pop()
        if len(names) == len(order) and names != tuple(order):
            return False
        for k, chain in enumerate(chains):
            if taken[k] < len(chain) and fits([*names[-1:], chain[taken[k]]], shapes):
                stack.append(((*taken[:k], taken[k] + 1, *taken[k + 1 :]), (*names, chain[taken[k]])))
    return False
