"""Neighbouring spikes: how near hyperplanes are, which pair is closest, and two spikes as one."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.hyperplanes import SignedTree
from radon_nn.measures.ridge import RidgeMeasure


def places(directions: Floats, offsets: Floats) -> Floats:
    """Points (a, t), in which hyperplanes are neighbours."""
    return np.concatenate([directions, offsets[:, None]], axis=1)


def search_tree(measure: RidgeMeasure) -> SignedTree:
    """The hyperplanes of a measure, as points (a, t) up to sign."""
    return SignedTree(places(measure.directions, measure.offsets))


def distance(directions: Floats, offsets: Floats, model: RidgeMeasure) -> Floats:
    """Distance of hyperplanes from the nearest spike."""
    if len(model) == 0:
        return np.full(len(offsets), np.inf)
    return search_tree(model).nearest(places(directions, offsets))[0]


def key(model: RidgeMeasure, i: int, j: int) -> bytes:
    """A key of a pair of spikes that stays while others change: their hyperplanes to nine decimals."""
    return np.round(places(model.directions, model.offsets)[[i, j]], 9).tobytes()


def closest_pair(model: RidgeMeasure, width: float, failed: set[bytes]) -> tuple[int, int] | None:
    """The closest two spikes within `width` whose joining has not failed."""
    first, second, apart = search_tree(model).pairs(width)
    order = np.argsort(apart)
    for i, j in zip(first[order], second[order], strict=True):
        if i != j and key(model, i, j) not in failed:
            return int(i), int(j)
    return None


def joined(model: RidgeMeasure, i: int, j: int) -> RidgeMeasure:
    """Spikes i and j as one, at their |mass|-weighted mean."""
    sign = math.copysign(1.0, float(model.directions[i] @ model.directions[j]))
    share = model.sizes[j] / max(model.sizes[i] + model.sizes[j], 1e-300)
    direction = (1 - share) * model.directions[i] + share * sign * model.directions[j]
    offset = (1 - share) * model.offsets[i] + share * sign * model.offsets[j]
    length = np.linalg.norm(direction)
    rest = np.delete(np.arange(len(model)), [i, j])
    linear, level = model.skip, model.constant
    if sign < 0:
        linear = linear + np.outer(model.masses[j], model.directions[j])
        level = level - model.masses[j] * model.offsets[j]
    return RidgeMeasure(
        np.concatenate([model.directions[rest], direction[None] / length]),
        np.append(model.offsets[rest], offset / length),
        np.concatenate([model.masses[rest], (model.masses[i] + model.masses[j])[None]]),
        linear,
        level,
    )
