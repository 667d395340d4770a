"""Lower bounds against networks found by other means, over random small problems.

    python benchmarks/lower_bounds.py [--problems 200] [--first 0] [--quick]

One to four outputs, every loss, one to three dimensions. The other means: Adam followed by L-BFGS from two widths, and
the convex problem over a fine dictionary, of hyperplanes through each point with 20 normals.
Printed is the smallest margin, (their objective - our bound) / their objective, which must not be negative.
The bound is that of `certificate()`, computed anew from the dual, and agrees with the fit's. A fit that did not
converge is named with its reason and its gap; its bound is held to the same.

For each problem the vector search is held against brute force on the dual, and on random vectors: the hyperplanes
through each point with 2000 normals, then 200 random steps from the best, half as long after ten that fail.
None may exceed the maximum that the search found, which must be attained at the hyperplane that it names.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
from _clocks import Clock
from _trained_networks import Floats, Training, adam_and_lbfgs

from radon_nn import fit
from radon_nn.fitting._group_newton import Coefficients, Restricted
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting._vector_search import VectorSearch
from radon_nn.fitting.loss_data import Options
from radon_nn.fitting.losses import loss_named

NAMES = ["squared", "huber", "quantile", "poisson", "logistic", "hinge", "squared_hinge", "cross_entropy"]


def data(name: str, dim: int, outputs: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Points and noisy values, for which there is a best network."""
    n = int(rng.integers(10, 25))
    x = rng.uniform(-1, 1, (n, dim))
    f = np.column_stack([np.sin(3 * x[:, 0] + k) + np.abs(x[:, -1]) for k in range(outputs)])
    if name == "cross_entropy":
        return x, np.eye(outputs)[rng.integers(0, outputs, n)]
    if name == "poisson":
        return x, rng.poisson(np.exp(f / 2)).astype(float)
    noisy = f + rng.standard_normal(f.shape)
    if name in ("squared", "huber", "quantile"):
        return x, noisy
    noisy += 2 * rng.standard_normal(f.shape)
    return x, (noisy > np.median(noisy, axis=0)).astype(float)


def over_a_dictionary(x: Floats, y: Floats, name: str, decay: float, rng: np.random.Generator) -> float:
    """The objective over neurons on hyperplanes through the points, with 20 normals for each."""
    problem = LossProblem.of(x, y, None, Options(loss_named(name)))
    normals = rng.standard_normal((20, problem.dim))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    directions = np.repeat(normals, len(problem.points), axis=0)
    offsets = (normals @ problem.points.T).ravel()
    columns = problem.columns(directions, offsets)
    some = np.linalg.norm(columns, axis=0) > 1e-9
    directions, offsets, columns = directions[some], offsets[some], columns[:, some]
    none = np.zeros((len(offsets), problem.outputs))
    affine = np.zeros((problem.design.shape[1], problem.outputs))
    program = Restricted(problem, columns, decay / problem.frame.scale)
    start = Coefficients(none, affine, none, np.zeros_like(problem.targets))
    scale = program.objective(none, affine)
    solved = program.solve(start, 1e-6 * scale, 1e-2 * scale / (1 + len(offsets)))
    # Scored as a network, in the user's units.
    network = problem.network(directions, offsets, solved.masses, solved.affine)
    targets = problem.options.loss.targets(y)
    p = network(x).reshape(targets.shape)
    return float(problem.options.loss.value(p, targets).sum() + decay * network.path_norm)


def strengths(points: Floats, r: Floats, normals: Floats) -> Floats:
    """The largest |F_r|_2 over the hyperplanes with each of the normals (k, d): through one of the points."""
    heights = points @ normals.T
    values = np.maximum(heights[None] - heights[:, None], 0)
    return np.linalg.norm(np.einsum("tik,io->tko", values, r), axis=2).max(axis=0)


def searched(points: Floats, r: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """(search - brute force) / search, and how far the search's maximum is from that of the plane that it names."""
    planes = VectorSearch(points).strongest(r)
    best = int(planes.strength.argmax())
    largest = float(planes.strength[best])
    named = np.linalg.norm(np.maximum(points @ planes.directions[best] - planes.offsets[best], 0) @ r)
    normals = rng.standard_normal((2000, points.shape[1]))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    found = np.concatenate([strengths(points, r, part) for part in np.split(normals, 10)])
    top, normal, step = float(found.max()), normals[found.argmax()], 0.1
    for _ in range(20):
        trial = normal + step * rng.standard_normal((10, points.shape[1]))
        trial /= np.linalg.norm(trial, axis=1, keepdims=True)
        values = strengths(points, r, trial)
        if values.max() > top:
            top, normal = float(values.max()), trial[values.argmax()]
        else:
            step /= 2
    return (largest - top) / largest, abs(largest - named) / largest


def one(seed: int, margins: dict[str, float]) -> str:
    """How the fit of one problem ended; lowers the smallest margins."""
    rng = np.random.default_rng(seed)
    name, dim, outputs = NAMES[seed % 8], 1 + seed // 8 % 3, 1 + seed // 24 % 4
    outputs = max(outputs, 2) if name == "cross_entropy" else outputs
    x, y = data(name, dim, outputs, rng)
    decay = 10 ** rng.uniform(-1.5, 0)
    try:
        best = fit(x, y, decay=decay, loss=name, sample_weight=np.ones(len(x)))
    except ValueError as refused:
        if "no network is best" not in str(refused):
            raise
        return "no network is best"
    lower = best.certificate().lower
    assert abs(lower - best.lower) <= 1e-9 * abs(best.objective), f"problem {seed}: {best.lower}, anew {lower}"

    def note(means: str, margin: float) -> None:
        """Keep the smallest."""
        margins[means] = min(margin, margins.get(means, np.inf))

    points = LossProblem.of_data(best.data, best.options).points
    free = rng.standard_normal(best.dual.shape)
    base = np.linalg.qr(np.column_stack([points, np.ones(len(free))]))[0]
    for vectors in (best.dual, free - base @ (base.T @ free)):
        if vectors.any():
            margin, off = searched(points, vectors, rng)
            note(f"brute force, d = {dim}", margin)
            # In space the search ends at 1e-10 of the maximum.
            assert margin >= -2e-10, f"problem {seed}: brute force finds more than the search, by {-margin} of it"
            assert off <= 1e-9, f"problem {seed}: the plane has another |F|, by {off} of it"
    loss = loss_named(name)
    tried = {"dictionary": over_a_dictionary(x, y, name, decay, rng)}
    for width in (4, 12):
        run = Training(x, loss.targets(y), loss, decay, width=width, seed=seed)
        tried["Adam and L-BFGS"] = min(adam_and_lbfgs(run, 0.2), tried.get("Adam and L-BFGS", np.inf))
    for means, reached in tried.items():
        margin = (reached - lower) / max(abs(reached), 1e-6) if np.isfinite(reached) else np.inf
        note(means, margin)
        assert margin >= -1e-12, f"problem {seed}: {means} reached {reached}, below the bound {lower}"
    if not best.converged:
        print(
            f"problem {seed}, {name}, d = {dim}: {best.stopped}, gap {best.gap / abs(best.objective):.1e}", flush=True
        )
    return "converged" if best.converged else best.stopped


def main() -> None:
    """All problems, and the smallest margins."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="seed of the first problem")
    parser.add_argument("--quick", action="store_true", help="four problems, to see that it runs")
    asked = parser.parse_args()
    count, clock = 4 if asked.quick else asked.problems, Clock()
    margins: dict[str, float] = {}
    answers: Counter[str] = Counter()
    for done in range(1, count + 1):
        answers[one(asked.first + done - 1, margins)] += 1
        if done % 50 == 0 or done == count:
            took = clock.read()
            print(f"{done} problems: {dict(answers)}, {took.wall:.0f} s, {took.cpu:.0f} CPU s")
            for means, margin in margins.items():
                print(f"{means:<18} smallest margin {margin:.2e}", flush=True)


if __name__ == "__main__":
    main()
