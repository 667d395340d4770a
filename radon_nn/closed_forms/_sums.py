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
from radon_nn.closed_forms._carriers import Carrier, gathered
from radon_nn.closed_forms._rounding import ROUNDED, barred, bars, gap, in_units, one_measure
from radon_nn.closed_forms._waves import Jump, Part, Wave, mean_length
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import Copies, merged_atoms, variation
from radon_nn.measures.result import RTV, Refinement, Standing

_UNIFORM = 0.1
"""The fraction of directions drawn uniformly: it bounds the weight of a sample by ten, whatever the waves."""
_STANDINGS: tuple[Standing, ...] = ("exact", "estimated", "statistical")


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
    for basis, waves, jumps, _, _ in gathered(parts):
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
    carriers = gathered(parts)
    whole = _added(carriers, dim, tol, most, rng)
    if whole.verdict != "finite" or not any(carrier.joined for carrier in carriers):
        return whole
    # Subspaces that differ in the last digits may be one, or may not: then their measures add.
    apart = _added(gathered(parts, same=0.0), dim, tol, most, rng)
    if apart.upper <= whole.upper * (1 + ROUNDED):
        return whole
    method = f"{whole.method.removeprefix('exact, ')}; directions that differ by rounding may be one, or cancel nothing"
    return replace(whole, upper=apart.upper, method=method, standing="estimated", converged=False)


def _added(carriers: Sequence[Carrier], dim: int, tol: float, most: int, rng: np.random.Generator) -> RTV:
    """The sum of the R-TVs of mutually singular parts."""
    results = [_on_carrier(carrier, dim, tol, most, rng) for carrier in carriers]
    results = [r for r in results if r.value != 0 or r.error > 0] or [
        barred(0.0, 0.0, 0.0, "exact: all cancels, or is affine")
    ]
    for verdict in ("infinite", "unresolved"):
        for r in results:
            if r.verdict == verdict:
                return replace(r, assumed=f"R^{dim}")
    value = math.fsum(r.value for r in results)
    down, up = math.fsum(r.value - r.lower for r in results), math.fsum(r.upper - r.value for r in results)
    error = max(down, up)
    standing = max((r.standing for r in results), key=_STANDINGS.index)
    method = results[0].method
    if len(results) > 1:
        method = f"{len(results)} mutually singular parts: " + "; ".join(dict.fromkeys(r.method for r in results))
    return RTV(
        value,
        max(value - down, 0.0),
        value + up,
        method,
        f"R^{dim}",
        standing,
        refinement=next((r.refinement for r in results if r.refinement), None) if len(results) == 1 else None,
        converged=error <= tol * value or standing == "exact",
    )


def _on_carrier(carrier: Carrier, dim: int, tol: float, most: int, rng: np.random.Generator) -> RTV:
    """The R-TV of waves and jumps in one R^k."""
    endless = _endless(carrier.waves, carrier.jumps)
    if endless is not None:
        return endless
    lost = carrier.lost
    if not carrier.waves:
        return barred(0.0, 0.0, lost, "exact: all cancels, or is affine")
    if len(carrier.waves) == 1:
        return barred(carrier.waves[0].total(), lost, lost, "exact, from the closed form")
    given = carrier.waves[0].dim > 1 and len(carrier.basis) == dim and np.array_equal(carrier.basis, np.eye(dim))
    waves, unit = in_units(carrier.waves)
    far = 0.0 if given else max(float(np.linalg.norm(wave.center)) for wave in carrier.waves) / unit
    down, up = bars(waves, far)
    found = _of_waves(waves, down + lost * unit, up + lost * unit, far, (tol, most, rng))
    path = found.refinement
    if path is not None:
        values, lower, upper = (tuple(x / unit for x in row) for row in (path.value, path.lower, path.upper))
        path = replace(path, value=values, lower=lower, upper=upper)
    return replace(found, value=found.value / unit, lower=found.lower / unit, upper=found.upper / unit, refinement=path)


def _of_waves(
    waves: list[Wave], down: float, up: float, far: float, search: tuple[float, int, np.random.Generator]
) -> RTV:
    """The R-TV of two waves or more with its bars of rounding; `far` is the size of what centers are computed from."""
    if waves[0].dim == 1:
        value, apart = _on_line(waves, far)
        return barred(value, down, up + apart - value, f"exact: {len(waves)} terms merged on one line")
    smooth = [wave for wave in waves if len(wave.measure.mesh)]
    fixed, shared = _atoms(waves)
    if len(smooth) < 2 or _similar(smooth):
        fixed += _alike_everywhere(smooth, partial(_densities, smooth)) if smooth else 0.0
        smooth = []
    if not smooth and not shared:
        method = f"exact: {len(waves)} terms that are alike in every direction, or mutually singular"
        return barred(fixed, down, up, method)
    tol, most, rng = search
    found = _integrated(smooth, shared, fixed, tol, most, rng)
    lower, upper = max(found.lower - down, 0.0), found.upper + up
    met = found.converged and max(found.value - lower, upper - found.value) <= tol * found.value
    return replace(found, lower=lower, upper=upper, converged=met)


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
        # Singularities on different spheres cannot cancel; on the line, intervals can share all their ends. Spheres
        # that differ by rounding may be one.
        alone = any(all(other is wave or gap(wave, other) > ROUNDED for other in rough) for wave in rough)
        certain = not jumps and (alone if rough[0].dim > 1 else len(rough) == 1)
    elif rough and rough[0].dim == 1:
        certain = False
    inf = math.inf
    if certain:
        return RTV(inf, inf, inf, "from the closed form", "", verdict="infinite", law=law)
    method = "parts of infinite R-TV, which may cancel"
    return RTV(inf, 0.0, inf, method, "", "estimated", verdict="unresolved", law=law, converged=False)


def _on_line(waves: list[Wave], far: float) -> tuple[float, float]:
    """TV(f') for a sum on R: twice the integral over the direction 1; and with masses merged only where equal."""
    one = np.ones((1, 1))
    places, masses, scale = [], [], []
    for wave in waves:
        alpha, mu, sigma = (float(x[0]) for x in wave.placed(one))
        for u, mass in wave.measure.atoms:
            scale.append(far + abs(mu) + abs(sigma * u))
            places.append(mu + sigma * u)
            masses.append(alpha * abs(sigma) * mass)
    smooth = [wave for wave in waves if len(wave.measure.mesh)]
    value = float(_densities(smooth, one)[0]) if smooth else 0.0
    points = np.array(places), np.array(masses), np.array(scale)
    return 2 * (value + merged_atoms(*points, ROUNDED)), 2 * (value + merged_atoms(*points, 0.0))


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
            if np.array_equal(wave.center, group[0].center):
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
    """Whether all have one center, and squares that are multiples of one another, to rounding."""
    first = waves[0]
    unit = first.square / np.abs(first.square).max()
    return all(
        np.array_equal(wave.center, first.center)
        and np.abs(wave.square / np.abs(wave.square).max() - unit).max() <= ROUNDED
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
    groups: list[list[Wave]] = []
    for wave in waves:
        group = next((known for known in groups if one_measure(known[0].measure, wave.measure)), None)
        if group is None:
            groups.append([wave])
        else:
            group.append(wave)
    copies = []
    for group in groups:
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
