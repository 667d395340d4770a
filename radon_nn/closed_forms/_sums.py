"""The R-TV of sums: equal waves merged, parts on different subspaces added, the rest integrated over directions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms import _cubature
from radon_nn.closed_forms._waves import Jump, Part, Wave, mean_length
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import Copies, merged_atoms, variation
from radon_nn.measures.result import RTV, Refinement, Standing

_SAME = 1e-12
"""Centers, roots and subspaces coincide within this, relative to their size: rounding of a few changes of variable."""
_CANCELLED = 64 * np.finfo(np.float64).eps
"""A sum of amplitudes below this fraction of the sum of their moduli is rounding."""
_UNIFORM = 0.1
"""The fraction of directions drawn uniformly: it bounds the weight of a sample by ten, whatever the waves."""
_STANDINGS: tuple[Standing, ...] = ("exact", "estimated", "statistical")


def gathered(parts: Sequence[Part]) -> list[tuple[Floats, list[Wave], list[Jump]]]:
    """
    Parts grouped by the subspace of directions that carries them, and merged where only their amplitudes differ.

    A function of P x, P with orthonormal rows, has its measure on the directions in the row space of P. Measures on
    different subspaces are mutually singular: a density, or a mass on a graph t = a.c + e, is zero on a smaller one.

    Parameters
    ----------
    parts : sequence of Part
        All in one R^d.

    Returns
    -------
    list of (ndarray, list of Wave, list of Jump)
        For each subspace its basis (k, d), and its waves and jumps in R^k; waves that cancel are left out.
    """
    carriers: list[tuple[Floats, list[Wave], list[Jump]]] = []
    for part in parts:
        carrier = next((known for known in carriers if _same_space(known[0], part.basis)), None)
        if carrier is None:
            carrier = part.basis, [], []
            carriers.append(carrier)
        basis, waves, jumps = carrier
        moved = part.content.composed(part.basis @ basis.T, np.zeros(len(basis)))
        if isinstance(moved, Jump):
            jumps.append(moved)
        else:
            waves.append(moved)
    return [(basis, _merged(waves), jumps) for basis, waves, jumps in carriers]


def density(parts: Sequence[Part], normals: Floats, offsets: Floats) -> Floats:
    """
    The density of a sum of parts.

    Parameters
    ----------
    parts : sequence of Part
        All in one R^d.
    normals : ndarray, shape (m, d)
        Unit normals a.
    offsets : ndarray, shape (n,)
        Offsets t.

    Returns
    -------
    ndarray, shape (m, n)
        The density per da dt.

    Raises
    ------
    ValueError
        If the sum has no density.
    """
    wanted = "filtered: expected a function whose d_t^2 K R f is a density, got"
    out = np.zeros((len(normals), len(offsets)))
    for basis, waves, jumps in gathered(parts):
        if jumps:
            raise ValueError(
                f"{wanted} one that jumps across a surface: it is not even a measure; rtv() is infinite, and "
                "RadonTransform shows it at a grid's resolution"
            )
        for wave in waves:
            name = wave.measure.name
            if wave.measure.law:
                raise ValueError(f"{wanted} {name}, which has none: {wave.measure.law}; rtv() is infinite")
            if len(basis) < normals.shape[1]:
                where = "one fibre {+-a} x R" if len(basis) == 1 else f"the directions in a {len(basis)}-space"
                raise ValueError(
                    f"{wanted} {name}, with all its mass on {where}, a = {np.round(basis, 6).tolist()}; rtv() counts it"
                )
            if wave.measure.atoms:
                at = ", ".join(f"t = a.c + ({place:g}) s" for place, _ in wave.measure.atoms)
                raise ValueError(
                    f"{wanted} {name}, with point masses at {at} for every a, c = {wave.center.tolist()}, s its scale "
                    "along a; rtv() counts them"
                )
            alpha, mu, sigma = (x[:, None] for x in wave.placed(normals @ basis.T))
            out += alpha * wave.measure.density((offsets - mu) / sigma)
    return out


def rtv(parts: Sequence[Part], dim: int, *, tol: float, most: int, rng: np.random.Generator) -> RTV:
    """
    The R-TV of a sum of parts.

    Parameters
    ----------
    parts : sequence of Part
        All in one R^d.
    dim : int
        Dimension d.
    tol : float
        Relative error asked for, where directions are integrated over.
    most : int
        Largest number of directions.
    rng : numpy.random.Generator
        Source of the sampled directions, for d >= 4.

    Returns
    -------
    RTV
        The sum over the subspaces.
    """
    results = [_on_carrier(waves, jumps, tol, most, rng) for _, waves, jumps in gathered(parts)]
    results = [r for r in results if r.value != 0] or [_exact(0.0, "exact: all cancels, or is affine")]
    for verdict in ("infinite", "unresolved"):
        for r in results:
            if r.verdict == verdict:
                return replace(r, assumed=f"R^{dim}")
    value, error = math.fsum(r.value for r in results), math.fsum(r.error for r in results)
    standing = max((r.standing for r in results), key=_STANDINGS.index)
    method = results[0].method
    if len(results) > 1:
        method = f"{len(results)} mutually singular parts: " + "; ".join(dict.fromkeys(r.method for r in results))
    return RTV(
        value,
        max(value - error, 0.0),
        value + error,
        method,
        f"R^{dim}",
        standing,
        refinement=next((r.refinement for r in results if r.refinement), None) if len(results) == 1 else None,
        converged=error <= tol * value or standing == "exact",
    )


def _same_space(one: Floats, other: Floats) -> bool:
    """Whether orthonormal rows span the same space."""
    turn = one @ other.T
    return len(one) == len(other) and bool(np.abs(turn @ turn.T - np.eye(len(one))).max() < _SAME)


def _merged(waves: Sequence[Wave]) -> list[Wave]:
    """Waves joined that share measure, center and square (on the line, the signed scale), without those that cancel."""
    kept: list[tuple[Wave, float, float]] = []
    for wave in waves:
        for i, (other, amplitude, size) in enumerate(kept):
            if _alike(wave, other):
                kept[i] = other, amplitude + wave.amplitude, size + abs(wave.amplitude)
                break
        else:
            kept.append((wave, wave.amplitude, abs(wave.amplitude)))
    return [replace(w, amplitude=a) for w, a, size in kept if abs(a) > _CANCELLED * size]


def _concentric(one: Wave, other: Wave) -> bool:
    """Whether the centers coincide, relative to their size and to the width of the waves; masses at 0 have no width."""
    width = max(np.abs(w.root).max() if len(w.measure.mesh) else 0.0 for w in (one, other))
    size = np.abs([one.center, other.center]).max()
    return bool(np.abs(one.center - other.center).max() <= _SAME * (width + size))


def _alike(one: Wave, other: Wave) -> bool:
    """Whether two waves differ in amplitude alone."""
    if one.measure.name != other.measure.name:
        return False
    if not _concentric(one, other):
        return False
    length = np.abs(other.root).max()
    if one.dim == 1:
        return bool(abs(one.root[0, 0] - other.root[0, 0]) <= _SAME * length)
    return bool(np.abs(one.square - other.square).max() <= _SAME * length**2)


def _on_carrier(waves: list[Wave], jumps: list[Jump], tol: float, most: int, rng: np.random.Generator) -> RTV:
    """The R-TV of waves and jumps in one R^k."""
    endless = _endless(waves, jumps)
    if endless is not None:
        return endless
    if not waves:
        return _exact(0.0, "")
    if len(waves) == 1:
        return _exact(waves[0].total(), "exact, from the closed form")
    if waves[0].dim == 1:
        return _exact(_on_line(waves), f"exact: {len(waves)} terms merged on one line")
    smooth = [wave for wave in waves if len(wave.measure.mesh)]
    fixed, shared = _atoms(waves)
    if len(smooth) < 2 or _similar(smooth):
        fixed += _alike_everywhere(smooth, partial(_densities, smooth)) if smooth else 0.0
        smooth = []
    if not smooth and not shared:
        return _exact(fixed, f"exact: {len(waves)} terms that are alike in every direction, or mutually singular")
    return _integrated(smooth, shared, fixed, tol, most, rng)


def _exact(value: float, method: str) -> RTV:
    return RTV(value, value, value, method, "")


def _endless(waves: list[Wave], jumps: list[Jump]) -> RTV | None:
    """The verdict infinite if a part is no measure and no other part can cancel that; unresolved if one may."""
    rough = [wave for wave in waves if wave.measure.law]
    if not jumps and not rough:
        return None
    law, certain = "", False
    if jumps:
        # Functions of finite R-TV are continuous, and a sum of solids is piecewise constant and zero far away: it jumps
        # unless it vanishes inside each, to 1e-9 for the rounding of many terms.
        at = np.concatenate([jump.inside for jump in jumps])
        values = np.stack([jump.value(at) for jump in jumps])
        certain = bool(np.any(np.abs(values.sum(0)) > 1e-9 * np.abs(values).max()))
        law = "it jumps across a surface, and a function of finite R-TV is continuous"
    if rough and not certain:
        law = f"{rough[0].measure.name}: {rough[0].measure.law}"
        # Singularities on different spheres cannot cancel; on the line, intervals can share all their ends.
        certain = not jumps and (rough[0].dim > 1 or len(rough) == 1)
    elif rough and rough[0].dim == 1:
        certain = False
    inf = math.inf
    if certain:
        return RTV(inf, inf, inf, "from the closed form", "", verdict="infinite", law=law)
    method = "parts of infinite R-TV, which may cancel"
    return RTV(inf, 0.0, inf, method, "", "estimated", verdict="unresolved", law=law, converged=False)


def _on_line(waves: list[Wave]) -> float:
    """TV(f') for a sum on R: twice the integral over the direction 1."""
    one = np.ones((1, 1))
    places, masses, scale = [], [], []
    for wave in waves:
        alpha, mu, sigma = (float(x[0]) for x in wave.placed(one))
        for u, mass in wave.measure.atoms:
            scale.append(abs(mu) + abs(sigma * u))
            places.append(mu + sigma * u)
            masses.append(alpha * abs(sigma) * mass)
    smooth = [wave for wave in waves if len(wave.measure.mesh)]
    value = float(_densities(smooth, one)[0]) if smooth else 0.0
    return 2 * (value + merged_atoms(np.array(places), np.array(masses), np.array(scale)))


def _atoms(waves: Sequence[Wave]) -> tuple[float, list[list[Wave]]]:
    """
    The total of the masses on graphs t = a.center + u |L^T a|, and the groups of waves whose masses share a graph.

    Different graphs meet in a null set of directions. A graph at u = 0 depends on the center alone, so norms of one
    center and different roots share theirs. Equal graphs of bumps, at |u| = 1, belong to waves that were merged.
    """
    total, centered = 0.0, list[list[Wave]]()
    for wave in waves:
        if len(wave.measure.mesh):
            total += wave.total() / wave.measure.variation * sum(abs(mass) for _, mass in wave.measure.atoms)
            continue
        for group in centered:
            if _concentric(wave, group[0]):
                group.append(wave)
                break
        else:
            centered.append([wave])
    shared = [group for group in centered if not _similar(group)]
    for group in centered:
        if _similar(group):
            total += _alike_everywhere(group, partial(_sum_of_masses, group))
    return total, shared


def _sum_of_masses(waves: Sequence[Wave], normals: Floats) -> Floats:
    """|sum of the masses| of waves at their common center, for each normal."""
    total = np.zeros(len(normals))
    for wave in waves:
        alpha, _, sigma = wave.placed(normals)
        total += alpha * np.abs(sigma) * wave.measure.atoms[0][1]
    return np.abs(total)


def _similar(waves: Sequence[Wave]) -> bool:
    """Whether all have one center, and squares that are multiples of one another."""
    first = waves[0]
    unit = first.square / np.abs(first.square).max()
    return all(
        _concentric(wave, first) and np.abs(wave.square / np.abs(wave.square).max() - unit).max() <= _SAME
        for wave in waves[1:]
    )


def _alike_everywhere(waves: Sequence[Wave], cost: Callable[[Floats], Floats]) -> float:
    """The integral over the sphere of a cost proportional to |L^T a|^-(k+1), from its value at the first axis."""
    wave = waves[0]
    sigma = float(np.linalg.norm(wave.root[0]))
    log = (wave.dim + 1) * math.log(sigma) - np.linalg.slogdet(wave.root)[1]
    mean = mean_length(wave.inverse)
    return sphere_area(wave.dim) * mean * math.exp(log) * float(cost(np.eye(1, wave.dim))[0])


def _densities(waves: Sequence[Wave], normals: Floats) -> Floats:
    """The integral over t of |sum of densities|, for each normal."""
    groups: dict[str, list[Wave]] = {}
    for wave in waves:
        groups.setdefault(wave.measure.name, []).append(wave)
    copies = []
    for group in groups.values():
        alpha, mu, sigma = (np.stack(x, axis=1) for x in zip(*(w.placed(normals) for w in group), strict=True))
        copies.append(Copies(group[0].measure, alpha, mu, sigma))
    return variation(copies)


def _integrated(
    smooth: list[Wave], shared: list[list[Wave]], fixed: float, tol: float, most: int, rng: np.random.Generator
) -> RTV:
    """The integral over directions, by quadrature or sampling, plus the part `fixed` that is exact."""
    waves = [*smooth, *itertools.chain(*shared)]
    dim = waves[0].dim
    weights = [w.measure.variation - sum(abs(m) for _, m in w.measure.atoms) * bool(len(w.measure.mesh)) for w in waves]
    singles = np.array([w.total() * v / w.measure.variation for w, v in zip(waves, weights, strict=True)])

    def cost(normals: Floats) -> Floats:
        total = _densities(smooth, normals) if smooth else np.zeros(len(normals))
        return total + sum((_sum_of_masses(group, normals) for group in shared), np.zeros(len(normals)))

    def alone(normals: Floats) -> Floats:
        """The cost of each wave by itself in each direction, (m, waves)."""
        placed = (wave.placed(normals) for wave in waves)
        return np.stack([np.abs(a * s) * v for (a, _, s), v in zip(placed, weights, strict=True)], axis=1)

    standing: Standing = "estimated"
    if dim <= 3:
        integral = _cubature.adaptive(cost, dim, tol, most)
        method = f"the line integral of each direction, exact, by adaptive quadrature over {integral.at[-1]} directions"
    else:
        standing = "statistical"
        shares = (1 - _UNIFORM) * singles / singles.sum()
        proposals = [(_UNIFORM, np.eye(dim)), *zip(shares.tolist(), (wave.root for wave in waves), strict=True)]
        integral = _cubature.sampled(cost, dim, proposals, alone, singles, tol, most, rng)
        method = f"the line integral of each direction, exact, by importance sampling of {integral.at[-1]} directions"
    values = tuple(fixed + value for value in integral.values)
    lower = tuple(max(v - e, 0.0) for v, e in zip(values, integral.errors, strict=True))
    upper = tuple(v + e for v, e in zip(values, integral.errors, strict=True))
    path = Refinement("directions", tuple(map(float, integral.at)), values, lower, upper)
    met = integral.error <= tol * values[-1]
    return RTV(values[-1], lower[-1], upper[-1], method, "", standing, refinement=path, converged=met)
