"""From a kink on a line to the hyperplane it lies on: its normal, offset and mass, confirmed at points all over it.

Coordinates and units are those of `_chords`. The gradients on both sides of a kink differ by mass x normal, a matrix of
rank one, which gives the hyperplane to first accuracy. Crossings measured at points ever farther apart sharpen it, and
show whether it is one hyperplane at all: the kinks of a deep network bend, and change their mass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.geometry.points import affine_design
from radon_nn.spikes.probing._chords import CLOSER, INNER, SURE, ChordKinks, Lines, Residual
from radon_nn.spikes.probing._measured_neurons import GROUP, MeasuredNeurons

_STEPS = (0.5, 1 / 16, 1 / 128, 1 / 1024)
"""Steps of the differences at a kink, as fractions of the straight stretch: a long step is precise, a short one meets
no other kink. A factor of 8 costs at most 8 in precision and finds a step in four tries."""
_SHRINK = (1.0, 1 / 8, 1 / 64)
"""Steps across a hyperplane, as fractions of the distance to the nearest other hyperplane known."""
_CHOICES = 12
"""Random points among which the one farthest from other hyperplanes is taken."""
_AGREED = 0.9
"""Fraction of the points that must agree on a hyperplane; the others may lie beside hyperplanes not yet known."""
_CLOSE_UPS = 8
"""Points at which a hyperplane is looked at from close by, to tell it from two."""
NEAR = 0.003
"""Neurons are measured no closer to the center than this. Rounding may be smaller there, but not their errors."""
_SLOPE, _LEVEL = 4.0, 3.2
"""Standard deviations of a jump's slope, times the step, and of its level, measured at -1, -1/2, 0, 1/2, 1 steps."""


@dataclass(frozen=True)
class Candidates:
    """
    Hyperplanes as measured at one point of each.

    Parameters
    ----------
    neurons : MeasuredNeurons
        Their normals (with errors), offsets, and masses.
    points : ndarray, shape (k, d)
        The points.
    room : ndarray, shape (k,)
        How far from the point the function is known to be straight on both sides.
    kink : ndarray of int, shape (k,)
        The kink that each was measured at.
    """

    neurons: MeasuredNeurons
    points: Floats
    room: Floats
    kink: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.neurons)

    def __getitem__(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Candidates:
        return Candidates(self.neurons[keep], self.points[keep], self.room[keep], self.kink[keep])


def _groups(waiting: NDArray[np.intp], floats: int) -> Iterator[NDArray[np.intp]]:
    """Parts for which an array of `floats` numbers each stays within `GROUP`."""
    step = max(1, GROUP // floats)
    for begin in range(0, len(waiting), step):
        yield waiting[begin : begin + step]


def candidates(residual: Residual, lines: Lines, kinks: ChordKinks) -> Candidates:
    """
    The hyperplanes of kinks, from the gradients on both sides of each.

    Parameters
    ----------
    residual : callable
        Points (n, d) to values (n, o) and their rounding (n,).
    lines : Lines
        The lines.
    kinks : ChordKinks
        Their kinks.

    Returns
    -------
    Candidates
        One for each kink whose gradients differ by a matrix of rank one. Kinks where hyperplanes meet are left out.
    """
    x, u = lines.at(kinks.line, kinks.place), lines.directions[kinks.line]
    dim, outputs = x.shape[1], kinks.jump.shape[1]
    eta = 0.4 * np.minimum(kinks.room, INNER - np.linalg.norm(x, axis=1))
    normals, masses, errors = np.zeros((len(x), dim)), np.zeros((len(x), outputs)), np.full(len(x), np.inf)
    waiting = np.flatnonzero(eta > 0)
    pattern = np.concatenate([np.zeros((1, dim)), np.eye(dim), -np.eye(dim)])
    for level in _STEPS:
        left = [np.empty(0, np.intp)]
        for group in _groups(waiting, (4 * dim + 2) * dim):
            h = level * eta[group]
            sides = x[group, None] + np.array([-1.0, 1.0])[:, None] * (eta[group, None] * u[group])[:, None]
            v, e = residual((sides[:, :, None] + h[:, None, None, None] * pattern).reshape(-1, dim))
            v, noise = v.reshape(len(group), 2, 2 * dim + 1, outputs), e.reshape(len(group), -1).max(axis=1)
            up, down = v[:, :, 1 : dim + 1], v[:, :, dim + 1 :]
            bend = np.abs(up + down - 2 * v[:, :, :1]).max(axis=(1, 2, 3))
            slope = (up - down) / (2 * h[:, None, None, None])
            change = np.swapaxes(slope[:, 1] - slope[:, 0], 1, 2)
            left_vectors, size, right_vectors = np.linalg.svd(change, full_matrices=False)
            error = noise / h
            second = size[:, 1] if size.shape[1] > 1 else np.zeros(len(group))
            on_line = np.abs(np.einsum("kod,kd->ko", change, u[group]) - kinks.jump[group]).max(axis=1)
            fine = (
                (bend <= SURE * 2.5 * noise)
                & (second <= SURE * np.sqrt(dim) * error)
                & (size[:, 0] > 2 * np.sqrt(dim) * error)
            )
            fine &= on_line <= 0.1 * np.abs(kinks.jump[group]).max(axis=1) + SURE * error
            done = group[fine]
            normals[done] = right_vectors[fine, 0]
            masses[done] = size[fine, :1] * left_vectors[fine, :, 0]
            errors[done] = 3 * error[fine] / size[fine, 0] if dim > 1 else 0.0
            left.append(group[~fine])
        waiting = np.concatenate(left)
    good = np.flatnonzero(np.isfinite(errors))
    found = MeasuredNeurons(
        normals[good], np.einsum("kd,kd->k", normals[good], x[good]), masses[good], errors[good], np.zeros(len(good))
    )
    return Candidates(found, x[good], eta[good], good)


def located(
    residual: Residual, found: Candidates, known: MeasuredNeurons, rng: np.random.Generator
) -> tuple[MeasuredNeurons, NDArray[np.bool_]]:
    """
    Measure hyperplanes as precisely as the values allow, and confirm them over the whole ball.

    Parameters
    ----------
    residual : callable
        Points (n, d) to values (n, o) and their rounding (n,). The neurons known are subtracted, the candidates not.
    found : Candidates
        The hyperplanes to measure.
    known : MeasuredNeurons
        Other neurons, whose hyperplanes are avoided.
    rng : numpy.random.Generator
        Chooses the points.

    Returns
    -------
    neurons : MeasuredNeurons
        The neurons, in the order of the candidates.
    confirmed : ndarray of bool, shape (k,)
        Which agree at nearly all points tried.
    """
    dim = found.points.shape[1]
    count = dim + dim // 2 + 16 if dim > 1 else 6
    now, room, angles = found.neurons, found.room.copy(), found.neurons.errors.copy()
    confirmed = np.zeros(len(found), bool)
    waiting = np.arange(len(found))
    for _ in range(5):
        others = known + now
        again: list[NDArray[np.intp]] = [np.empty(0, np.intp)]
        for group in _groups(waiting, 5 * count * dim):
            # An error in the normal moves the hyperplane by that angle times the distance; 1/20 of the straight stretch
            # may be lost to it.
            reach = 0.05 * room[group] / np.maximum(angles[group], 1e-300)
            y = np.empty((len(group), count, dim))
            h = np.empty((len(group), count))
            for i, k in enumerate(group):
                y[i], h[i] = _places(now, k, others, len(known) + k, found.points[k], reach[i], count, rng)
            part, angles[group], steps = _measured(residual, now[group], y, h)
            now = MeasuredNeurons(*(_put(a, group, b) for a, b in zip(now.fields(), part.fields(), strict=True)))
            everywhere, fine = reach >= 2, np.isfinite(angles[group])
            sure = np.flatnonzero(fine & everywhere)
            fine[sure] = _alone(residual, now[group[sure]], y[sure, :_CLOSE_UPS], steps[sure, :_CLOSE_UPS])
            confirmed[group[fine & everywhere]] = True
            again.append(group[fine & ~everywhere])
            room[group] = np.median(steps, axis=1)
        waiting = np.concatenate(again)
        if not len(waiting):
            break
    return now, confirmed


def _put(whole: Floats, rows: NDArray[np.intp], part: Floats) -> Floats:
    out = whole.copy()
    out[rows] = part
    return out


def _places(
    neurons: MeasuredNeurons,
    k: int,
    others: MeasuredNeurons,
    itself: int,
    anchor: Floats,
    reach: float,
    count: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Points on hyperplane k, far from the others, and the steps across it that meet no other."""
    a, t = neurons.directions[k], neurons.offsets[k]
    dim = len(a)
    foot = t * a
    ways = rng.standard_normal((count, _CHOICES, dim))
    ways -= (ways @ a)[..., None] * a
    ways /= np.maximum(np.linalg.norm(ways, axis=2, keepdims=True), 1e-300)
    if dim == 1:
        ways[:] = 0
    wide = np.sqrt(max(INNER**2 - t**2, 0.0))
    # Near points determine the offset and far ones the normal, as well as rounding, which grows outwards, allows.
    far = wide * 10 ** (-2.5 * rng.random((count, 1, 1))) * rng.uniform(0.5, 0.95, (count, _CHOICES, 1))
    y = foot + far * ways
    if reach < 2:
        start = anchor - (a @ anchor - t) * a
        y = start + np.minimum(reach, 1.0) * rng.uniform(0.3, 1, (count, _CHOICES, 1)) * ways
        inside = np.linalg.norm(y, axis=2) < 0.98 * INNER
        y[~inside] = start
    size = np.linalg.norm(y, axis=2)
    speed = np.abs(others.directions @ a)
    speed[itself] = 0
    h = np.minimum(INNER - size, np.maximum(size, NEAR))
    for j in range(0, len(others), 256):
        part = slice(j, j + 256)
        gap = np.abs(y @ others.directions[part].T - others.offsets[part])
        gap[..., speed[part] == 0] = np.inf
        h = np.minimum(h, 0.8 * (gap / np.maximum(speed[part], 1e-300)).min(axis=2))
    best = np.argmax(h / (h + size + 1e-3), axis=1)
    rows = np.arange(count)
    h = h[rows, best]
    return y[rows, best], h * rng.uniform(0.5, 1, count) if dim == 1 else h


def _measured(
    residual: Residual, neurons: MeasuredNeurons, y: Floats, h: Floats
) -> tuple[MeasuredNeurons, Floats, Floats]:
    """Each neuron from crossings of its hyperplane at the points y, the error of its angle, and the steps taken."""
    k, count, dim = y.shape
    a, outputs = neurons.directions, neurons.masses.shape[1]
    mass, level = np.zeros((k, count, outputs)), np.zeros((k, count, outputs))
    noise, step, good = np.ones((k, count)), h.copy(), np.zeros((k, count), bool)
    typical = neurons.masses
    for shrink in _SHRINK:
        rows, columns = np.nonzero(~good)
        if not len(rows):
            break
        step[rows, columns] = now = shrink * h[rows, columns]
        across = np.array([-1, -0.5, 0, 0.5, 1])[:, None] * (now[:, None] * a[rows])[:, None]
        v, e = residual((y[rows, columns][:, None] + across).reshape(-1, dim))
        v = v.reshape(len(rows), 5, outputs)
        noise[rows, columns] = error = e.reshape(len(rows), 5).max(axis=1)
        slopes = np.stack([v[:, 1] - v[:, 0], v[:, 4] - v[:, 3]], axis=1) / (now / 2)[:, None, None]
        below, above = 2 * v[:, 1] - v[:, 0], 2 * v[:, 3] - v[:, 4]
        mass[rows, columns], level[rows, columns] = slopes[:, 1] - slopes[:, 0], above - below
        if shrink == _SHRINK[0]:
            typical = np.median(mass, axis=1)
        m = typical[rows]
        size = np.maximum(np.linalg.norm(m, axis=1), 1e-150)
        shift = -np.einsum("ko,ko->k", level[rows, columns], m) / size**2
        middle = np.where(shift[:, None] > 0, below, above)
        fine = np.abs(v[:, 2] - middle).max(axis=1) <= 3 * SURE * error
        fine &= np.abs(mass[rows, columns] - m).max(axis=1) <= SURE * _SLOPE * error / now
        fine &= np.abs(level[rows, columns] + shift[:, None] * m).max(axis=1) <= SURE * _LEVEL * error
        fine &= (np.abs(shift) < 0.45 * now) & (4 * _SLOPE * error / now < size)
        good[rows, columns] = fine
    fitted, angles = [], np.zeros(k)
    for i in range(k):
        neuron, angles[i] = _fitted(neurons[np.array([i])], y[i], step[i], mass[i], level[i], noise[i], good[i])
        fitted.append(neuron)
    out = MeasuredNeurons(*(np.concatenate(columns) for columns in zip(*(one.fields() for one in fitted), strict=True)))
    return out, angles, step


def _alone(residual: Residual, neurons: MeasuredNeurons, y: Floats, h: Floats) -> NDArray[np.bool_]:
    """Whether each neuron, once subtracted, leaves a straight line close by; two neurons seen as one do not."""
    a, dim = neurons.directions, y.shape[2]
    if not len(neurons):
        return np.ones(0, bool)
    y = y - (np.einsum("kcd,kd->kc", y, a) - neurons.offsets[:, None])[:, :, None] * a[:, None]
    s = h[:, :, None] * np.concatenate([[-0.9], -CLOSER, CLOSER[::-1], [0.9]])
    v, e = residual((y[:, :, None] + s[..., None] * a[:, None, None]).reshape(-1, dim))
    rest = v.reshape(*s.shape, -1) - np.maximum(s, 0)[..., None] * neurons.masses[:, None, None]
    share = (s - s[..., :1]) / (s[..., -1:] - s[..., :1])
    miss = np.abs(rest - rest[:, :, :1] - share[..., None] * (rest[:, :, -1:] - rest[:, :, :1])).max(axis=3)
    fine = np.all(miss <= 3 * SURE * e.reshape(s.shape), axis=2)
    return np.asarray(np.count_nonzero(~fine, axis=1) <= 1)


def _fitted(
    neuron: MeasuredNeurons, y: Floats, h: Floats, mass: Floats, level: Floats, noise: Floats, good: NDArray[np.bool_]
) -> tuple[MeasuredNeurons, float]:
    """The hyperplane through the crossings, with the mean mass; the error of its angle, infinite if they differ."""
    a, t = neuron.directions[0], neuron.offsets[0]
    count, dim = y.shape
    enough = max(_AGREED * count, dim + 1)
    for _ in range(3):
        if good.sum() < min(enough, count):
            return neuron, np.inf
        weight = np.where(good, (h / noise) ** 2, 0.0)
        m = weight @ mass / weight.sum()
        size = float(np.linalg.norm(m))
        if not size * size > 0:
            return neuron, np.inf
        # The points are on the hyperplane only to the precision it was known with before.
        shift = y @ a - t - level @ m / size**2
        sharp = np.where(good, size / (_LEVEL * noise), 0.0)
        middle = sharp**2 @ y / (sharp**2).sum()
        # The column across the hyperplane is pure rounding; lstsq drops it, with singular values below 1e-9.
        system = affine_design(middle - y) * sharp[:, None]
        solution = np.linalg.lstsq(system, shift * sharp, rcond=1e-9)[0]
        turn = solution[:-1] - (solution[:-1] @ a) * a
        miss = np.abs(shift + (y - middle) @ turn - solution[-1]) * sharp
        agree = good & (miss <= SURE)
        if np.array_equal(agree, good):
            break
        good = agree
    else:
        return neuron, np.inf
    normal = a + turn
    length = float(np.linalg.norm(normal))
    offset = (t + solution[-1] + turn @ middle) / length
    thin = count / max(int(good.sum()) - dim, 1)
    spread = float(np.sum(sharp**2 * ((y - middle) ** 2).sum(axis=1)))
    angle = 3 * np.sqrt(thin * (dim - 1) / max(spread, 1e-300))
    error, slip = _LEVEL * np.sqrt(thin * dim / count), _SLOPE / np.sqrt(weight.sum())
    return MeasuredNeurons(
        (normal / length)[None], np.array([offset]), m[None], np.array([error]), np.array([slip])
    ), angle
