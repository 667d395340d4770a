"""Make ``topography_nodecay.npz``, ``topography_decay.npz`` and ``topography.csv``: one data set, two trained networks.

Source: ``jacksboro_fault_dem.npz``, bundled with matplotlib (SRTM elevations, public domain). Data: 300 random stations
in the disc of radius 14 km around the middle of the map, with elevations averaged over a Gaussian footprint of 1.5 km.
Coordinates: x = (east - 15, north - 16) / 14, in kilometres from the map's south-west corner. Output: elevation in
hundreds of metres.

Both networks have 256 hidden neurons, a linear skip connection and a constant, start from the same weights (PyTorch's
own initialisation) and minimise, full batch and in float64,

    1 / (2 N) sum_i (f(x_i) - y_i)^2 + lambda / 2 (|v|^2 + |W|^2)

over all parameters, with lambda = 0 and lambda = 0.004; biases, skip and constant carry no penalty. The first network
is trained by Adam, whose rate falls from 5e-3 to 5e-7, then by L-BFGS, and no further.

With decay the objective has kinks at its minima (lines run through stations), where gradient methods are slow. So the
second network is then moved to the global minimum by three steps, repeated. None of them can raise the objective.

1. Merge: neurons of one sign that split the stations alike become one, with the sum of their mass * (w, b) / |w|. This
   does not change f on any station and, by the triangle inequality, can only lower the penalty.
2. Refit: all masses and the affine part, with the lines fixed; neurons whose mass goes to zero die (w = 0, v = 0).
3. Revive: dead neurons are a saddle unless |F(a, t)| = |sum_i r_i (a.x_i - t)_+| <= lambda for every line, r being the
   residual / N. Where it is larger, a dead neuron is put on the worst line through each station. In the plane the
   search is exact, because F has its extremes on lines through stations (see ``worst_lines``).

When |F| <= lambda everywhere, the scaled residual is a dual certificate: no shallow ReLU network of any width does
better. Every merged neuron is then split again among the neurons it replaced, each with a part of the mass (a mass m
has
|v| = |w| = sqrt(m), so that the objective stays the same), and all 256 neurons are in the file.
"""

from collections.abc import Callable

import numpy as np
import torch

from _common import HERE, Array, ElevationMap, r_squared, summary, write_csv
from radon_nn import ShallowNetwork, save

CENTRE_KM, RADIUS_KM, FOOTPRINT_KM = (15.0, 16.0), 14.0, 1.5
STATIONS, NEURONS, DECAY, SEED = 300, 256, 4e-3, 0
STEPS, FIRST_RATE, LAST_RATE = 40_000, 5e-3, 5e-7
ON_LINE = 1e-11


def objective(net: ShallowNetwork, X: Array, y: Array, decay: float) -> float:
    penalty = np.sum(net.weights**2) + np.sum(net.readout**2)
    return float(np.mean((net(X) - y) ** 2) / 2 + decay / 2 * penalty)


def train(X: Array, y: Array, decay: float) -> ShallowNetwork:
    """Adam, then L-BFGS, from PyTorch's own initial weights."""
    torch.manual_seed(SEED)
    hidden = torch.nn.Linear(2, NEURONS)
    readout = torch.nn.Linear(NEURONS, 1)
    skip = torch.nn.Linear(2, 1, bias=False)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)[:, None]
    parameters = [*hidden.parameters(), *readout.parameters(), *skip.parameters()]

    def loss() -> torch.Tensor:
        fit = readout(torch.relu(hidden(inputs))) + skip(inputs)
        penalty = hidden.weight.square().sum() + readout.weight.square().sum()
        return (fit - targets).square().mean() / 2 + decay / 2 * penalty

    adam = torch.optim.Adam(parameters, lr=FIRST_RATE)
    schedule = torch.optim.lr_scheduler.ExponentialLR(adam, (LAST_RATE / FIRST_RATE) ** (1 / STEPS))
    trace = [gradient_norm(loss, parameters)]
    for step in range(STEPS):
        adam.zero_grad()
        value = loss()
        value.backward()
        adam.step()
        schedule.step()
        if step in (STEPS * 9 // 10, STEPS - 1):
            trace.append(gradient_norm(loss, parameters))

    settings = {"max_iter": 2000, "history_size": 50, "tolerance_grad": 1e-12, "tolerance_change": 0}
    lbfgs = torch.optim.LBFGS(parameters, line_search_fn="strong_wolfe", **settings)

    def closure() -> torch.Tensor:
        lbfgs.zero_grad()
        value = loss()
        value.backward()
        return value

    lbfgs.step(closure)
    trace.append(gradient_norm(loss, parameters))
    print(f"lambda = {decay}")
    for name, (value, norm) in zip(("start", "Adam, 90 %", "Adam", "L-BFGS"), trace, strict=True):
        print(f"  {name:<20} objective {value:.9f}, gradient norm {norm:.1e}")
    weights, biases, mass, constant, linear = (p.detach().numpy().copy() for p in parameters)
    return ShallowNetwork(weights, biases, mass, linear, constant)


def gradient_norm(loss: Callable[[], torch.Tensor], parameters: list[torch.Tensor]) -> tuple[float, float]:
    value = loss()
    gradients = torch.autograd.grad(value, parameters)
    return value.item(), float(torch.sqrt(sum(g.square().sum() for g in gradients)))


class Problem:
    """The same objective over masses on lines; a line is (w1, w2, b) with |w| = 1 and the affine part is solved for."""

    def __init__(self, X: Array, y: Array, decay: float) -> None:
        self.X, self.y, self.decay = X, y, decay
        self.points = np.column_stack([X, np.ones(len(X))])
        self.basis = np.linalg.qr(self.points)[0]

    def hidden(self, lines: Array) -> Array:
        side = self.points @ lines.T
        return np.where(side > ON_LINE, side, 0.0)

    def without_affine(self, values: Array) -> Array:
        return values - self.basis @ (self.basis.T @ values)

    def residual(self, lines: Array, mass: Array) -> Array:
        return self.without_affine(self.y - self.hidden(lines) @ mass)

    def objective(self, lines: Array, mass: Array) -> float:
        return float(np.mean(self.residual(lines, mass) ** 2) / 2 + self.decay * np.abs(mass).sum())

    def merge(self, lines: Array, mass: Array) -> tuple[Array, Array]:
        side = self.points @ lines.T
        splits = list(np.where(np.abs(side) > ON_LINE, np.sign(side), 0.0).T)
        signs, vectors = list(np.sign(mass)), list(np.abs(mass)[:, None] * lines)
        i = 0
        while i < len(vectors):
            j = i + 1
            while j < len(vectors):
                turns = [o for o in (1, -1) if signs[i] == signs[j] and np.all(o * splits[i] * splits[j] >= 0)]
                if turns:
                    vectors[i] = vectors[i] + turns[0] * vectors.pop(j)
                    other = turns[0] * splits.pop(j)
                    splits[i] = np.where(splits[i] == 0, other, splits[i])
                    signs.pop(j)
                    j = i
                j += 1
            i += 1
        stacked = np.array(vectors)
        norm = np.linalg.norm(stacked[:, :2], axis=1)
        return stacked / norm[:, None], np.array(signs) * norm

    def refit(self, lines: Array, mass: Array) -> tuple[Array, Array]:
        """The best masses on given lines: an interior point method finds the support, a linear solve the values."""
        columns = self.without_affine(self.hidden(lines))
        gram, pull = columns.T @ columns / len(self.y), columns.T @ self.y / len(self.y)
        split = interior_point(np.block([[gram, -gram], [-gram, gram]]), np.r_[pull, -pull] - self.decay)
        found = split[: len(mass)] - split[len(mass) :]
        support = np.abs(found) > 1e-6 * np.abs(found).max()
        sign = np.sign(found[support])
        exact = np.zeros_like(found)
        target = pull[support] - self.decay * sign
        exact[support] = np.linalg.lstsq(gram[np.ix_(support, support)], target, rcond=1e-14)[0]
        mass = min((exact, found, mass), key=lambda m: m @ gram @ m / 2 - pull @ m + self.decay * np.abs(m).sum())
        alive = np.abs(mass) > 1e-7 * np.abs(mass).max()
        return lines[alive], mass[alive]

    def worst_lines(self, lines: Array, mass: Array) -> tuple[Array, Array]:
        """For each station the line through it with the largest |F|, worst first, and those values.

        F is piecewise linear in the offset with its kinks at the stations, so its extremes are on lines through one.
        On the lines through x_i, F = a.u with u constant between the angles at which the line meets a second station.
        """
        weight = self.residual(lines, mass) / len(self.y)
        values, worst = np.empty(len(weight)), np.empty((len(weight), 3))
        for i, here in enumerate(self.X):
            away = np.delete(self.X - here, i, axis=0)
            start = np.sort((np.arctan2(away[:, 1], away[:, 0]) + np.pi / 2) % np.pi)
            end = np.append(start[1:], start[0] + np.pi)
            middle = (start + end) / 2
            beyond = np.column_stack([np.cos(middle), np.sin(middle)]) @ away.T > 0
            u = beyond @ (np.delete(weight, i)[:, None] * away)
            along = start + (np.arctan2(u[:, 1], u[:, 0]) - start) % np.pi
            angles = np.concatenate([start, end, np.minimum(along, end)])
            size = np.abs(np.cos(angles) * np.tile(u[:, 0], 3) + np.sin(angles) * np.tile(u[:, 1], 3))
            best = np.argmax(size)
            normal = np.array([np.cos(angles[best]), np.sin(angles[best])])
            values[i], worst[i] = size[best], [*normal, -normal @ here]
        order = np.argsort(-values)
        return worst[order], values[order]

    def minimise(self, lines: Array, mass: Array, rounds: int = 60) -> tuple[Array, Array]:
        """Merge, refit and revive until the certificate holds; says how far it got."""
        history = [self.objective(lines, mass)]
        print(f"  {'living neurons':<20} objective {history[0]:.12f}, {len(mass)} neurons")
        lines, mass = self.merge(lines, mass)
        history.append(self.objective(lines, mass))
        print(f"  {'merged':<20} objective {history[1]:.12f}, {len(mass)} neurons")
        for _ in range(rounds):
            lines, mass = self.refit(*self.merge(*self.refit(lines, mass)))
            history.append(self.objective(lines, mass))
            candidates, values = self.worst_lines(lines, mass)
            excess = values[0] / self.decay - 1
            if excess < 1e-11:
                break
            new = candidates[values > self.decay][: min(30, NEURONS - len(mass))]
            lines, mass = np.vstack([lines, new]), np.append(mass, np.zeros(len(new)))
        dual = self.residual(lines, mass) / max(1.0, 1 + excess)
        gap = 1 - (dual @ self.y - dual @ dual / 2) / len(self.y) / history[-1]
        assert np.all(np.diff(history) <= 1e-14)
        print(f"  {'global minimum':<20} objective {history[-1]:.12f}, {len(mass)} neurons, {len(history) - 2} rounds")
        print(f"  {'certificate':<20} relative duality gap {gap:.1e}, max |F| / lambda - 1 = {excess:.1e}")
        return lines, mass

    def spread(self, lines: Array, mass: Array, net: ShallowNetwork) -> ShallowNetwork:
        """Share each merged neuron among the neurons of its sign that training left nearest to its line."""
        norm = np.linalg.norm(net.weights, axis=1)
        own = net.readout[0] * norm
        alive = np.abs(own) > 1e-6 * np.abs(own).max()
        weights, biases, readout = np.zeros_like(net.weights), net.biases.copy(), np.zeros_like(net.readout)
        place = np.column_stack([net.weights, net.biases]) / np.where(alive, norm, 1.0)[:, None]
        distance = np.stack([np.linalg.norm(place[:, None] - turn * lines[None], axis=2) for turn in (1, -1)])
        distance[:, ~alive] = np.inf
        distance[:, np.sign(own)[:, None] != np.sign(mass)[None]] = np.inf
        turn, home = np.divmod(distance.transpose(1, 0, 2).reshape(NEURONS, -1).argmin(axis=1), len(mass))
        home[distance.min(axis=(0, 2)) > 0.1] = -1
        spare = iter(np.flatnonzero(home < 0))
        for k, (line, m) in enumerate(zip(lines, mass, strict=True)):
            members = np.flatnonzero(home == k)
            share = np.abs(own[members]) / np.abs(own[members]).sum()
            if not len(members):
                members, share = np.array([next(spare)]), np.ones(1)
                turn[members] = 0
            scale = np.sqrt(np.abs(m) * share)
            oriented = scale[:, None] * np.where(turn[members, None] == 0, 1.0, -1.0) * line
            weights[members], biases[members] = oriented[:, :2], oriented[:, 2]
            readout[0, members] = np.sign(m) * scale
        part = ShallowNetwork(weights, biases, readout, np.zeros((1, 2)), np.zeros(1))
        affine = np.linalg.lstsq(self.points, self.y - part(self.X), rcond=None)[0]
        return ShallowNetwork(weights, biases, readout, affine[None, :2], affine[2:])


def interior_point(matrix: Array, vector: Array, steps: int = 100) -> Array:
    """Minimise p.matrix.p / 2 - vector.p over p >= 0 (Mehrotra's predictor and corrector)."""
    p, z = np.ones(len(vector)), np.full(len(vector), np.abs(vector).mean())

    def longest(at: Array, move: Array) -> float:
        down = move < 0
        return min(1.0, 0.99 * np.min(-at[down] / move[down], initial=np.inf))

    for _ in range(steps):
        slack, gap = matrix @ p - vector - z, p @ z / len(p)
        if gap < 1e-17 and np.abs(slack).max() < 1e-14:
            break
        system = matrix + np.diag(z / p)
        move = np.linalg.solve(system, -slack - z)
        push = -z - z / p * move
        aim = (p + longest(p, move) * move) @ (z + longest(z, push) * push) / len(p)
        centre = ((aim / gap) ** 3 * gap - move * push) / p
        move = np.linalg.solve(system, -slack - z + centre)
        push = centre - z - z / p * move
        length = min(longest(p, move), longest(z, push))
        p, z = p + length * move, z + length * push
    return p


def main() -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    dem = ElevationMap(FOOTPRINT_KM)
    rng = np.random.default_rng(SEED)
    radius, bearing = np.sqrt(rng.uniform(size=STATIONS)), rng.uniform(0, 2 * np.pi, STATIONS)
    X = np.column_stack([radius * np.cos(bearing), radius * np.sin(bearing)])
    east, north = CENTRE_KM[0] + RADIUS_KM * X[:, 0], CENTRE_KM[1] + RADIUS_KM * X[:, 1]
    metres = dem.at(east, north)
    mean = metres.mean() / 100
    y = metres / 100 - mean

    plain, decayed = train(X, y, 0.0), train(X, y, DECAY)
    problem = Problem(X, y, DECAY)
    norm = np.linalg.norm(decayed.weights, axis=1)
    mass = decayed.readout[0] * norm
    alive = np.abs(mass) > 1e-6 * np.abs(mass).max()
    lines = np.column_stack([decayed.weights, decayed.biases])[alive] / norm[alive, None]
    lines, mass = problem.minimise(lines, mass[alive])
    trained, decayed = decayed, problem.spread(lines, mass, decayed)
    print(f"  {'network written':<20} objective {objective(decayed, X, y, DECAY):.12f}")
    change = 100 * np.abs(decayed(X) - trained(X)).max()
    print(f"  {'since training':<20} f moved by at most {change:.1f} m on the stations")

    longitude, latitude = dem.degrees(east, north)
    columns = {
        "x1": X[:, 0],
        "x2": X[:, 1],
        "y_hundred_m": y + mean,
        "east_km": east,
        "north_km": north,
        "longitude_deg": longitude,
        "latitude_deg": latitude,
    }
    write_csv("topography", columns, ["%.17g", "%.17g", "%.17g", "%.5f", "%.5f", "%.6f", "%.6f"])
    pixel_east, pixel_north, pixel_metres = dem.pixels()
    pixels = (np.column_stack([pixel_east, pixel_north]) - CENTRE_KM) / RADIUS_KM
    disc = np.linalg.norm(pixels, axis=1) <= 1
    for name, net in (("topography_nodecay", plain), ("topography_decay", decayed)):
        net = ShallowNetwork(net.weights, net.biases, net.readout, net.skip, net.constant + mean)
        save(HERE / f"{name}.npz", net)
        summary(name, net)
        print(f"  R^2                  {r_squared(y + mean, net(X)):.4f} on {STATIONS} stations,", end=" ")
        print(f"{r_squared(pixel_metres[disc] / 100, net(pixels[disc])):.4f} on the {disc.sum()} pixels of the disc")


if __name__ == "__main__":
    main()
