"""What the three data scripts share: the elevation map, the two writers, and the spikes of a network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.cbook import get_sample_data
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
HERE = Path(__file__).resolve().parent
KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Network:
    """f(x) = readout @ relu(weights x + biases) + skip x + constant."""

    weights: Array
    biases: Array
    readout: Array
    skip: Array
    constant: Array

    def __call__(self, X: Array) -> Array:
        hidden = np.maximum(X @ self.weights.T + self.biases, 0.0)
        return (hidden @ self.readout.T + X @ self.skip.T + self.constant)[:, 0]


def write_network(name: str, net: Network) -> None:
    """Write ``<name>.npz`` beside the scripts."""
    np.savez(
        HERE / f"{name}.npz",
        format=np.array("radon_nn.ShallowNetwork/1"),
        activation=np.array("relu"),
        weights=net.weights,
        biases=net.biases,
        readout=net.readout,
        skip=net.skip,
        constant=net.constant,
    )


def write_csv(name: str, columns: dict[str, Array], formats: list[str]) -> None:
    """Write ``<name>.csv`` beside the scripts: one header line, then one sample a line."""
    table = np.column_stack(list(columns.values()))
    np.savetxt(HERE / f"{name}.csv", table, fmt=formats, delimiter=",", header=",".join(columns), comments="")


class ElevationMap:
    """matplotlib's bundled SRTM map of the Jacksboro fault, averaged over a Gaussian footprint of ``footprint_km``.

    Kilometres east and north are counted from the map's south-west corner, with one degree of latitude = 111.2 km
    and one of longitude = 111.2 km times the cosine of the map's middle latitude. Row 0 is the northern edge (in the
    file, ``ymin`` is the northern latitude and ``ymax`` the southern one).
    """

    def __init__(self, footprint_km: float) -> None:
        dem = get_sample_data("jacksboro_fault_dem.npz")
        self.west, self.south = float(dem["xmin"]), float(dem["ymax"])
        middle = np.radians((float(dem["ymin"]) + float(dem["ymax"])) / 2)
        self.km_per_lon, self.km_per_lat = KM_PER_DEGREE * np.cos(middle), KM_PER_DEGREE
        self.dx, self.dy = float(dem["dx"]) * self.km_per_lon, float(dem["dy"]) * self.km_per_lat
        raw = dem["elevation"].astype(float)
        self.metres = gaussian_filter(raw, (footprint_km / self.dy, footprint_km / self.dx), mode="nearest")

    def at(self, east: Array, north: Array) -> Array:
        """Elevation in metres, bilinear between pixel centres."""
        rows = self.metres.shape[0] - north / self.dy - 0.5
        return map_coordinates(self.metres, [rows, east / self.dx - 0.5], order=1, mode="nearest")

    def pixels(self) -> tuple[Array, Array, Array]:
        """East and north kilometres and elevation in metres of every pixel centre, each flat."""
        rows, cols = self.metres.shape
        east, north = np.meshgrid((np.arange(cols) + 0.5) * self.dx, (rows - np.arange(rows) - 0.5) * self.dy)
        return east.ravel(), north.ravel(), self.metres.ravel()

    def degrees(self, east: Array, north: Array) -> tuple[Array, Array]:
        """Longitude and latitude in degrees."""
        return self.west + east / self.km_per_lon, self.south + north / self.km_per_lat


@dataclass(frozen=True)
class Spikes:
    """Distinct hyperplanes of a network, antipodes merged: angle in [0, pi), offset, signed mass, neurons on each."""

    angle: Array
    offset: Array
    mass: Array
    members: NDArray[np.int64]


def spikes(net: Network, tolerance: float = 1e-6) -> Spikes:
    """Neurons that agree in direction and offset to ``tolerance``, up to a common sign, are one spike."""
    norm = np.linalg.norm(net.weights, axis=1)
    mass = net.readout[0] * norm
    alive = np.flatnonzero(np.abs(mass) > 1e-9 * np.abs(mass).max())
    place = np.column_stack([net.weights[alive], -net.biases[alive]]) / norm[alive, None]
    same, opposite = place[:, None] - place[None], place[:, None] + place[None]
    near = np.minimum(np.linalg.norm(same, axis=2), np.linalg.norm(opposite, axis=2)) < tolerance
    count, label = connected_components(near, directed=False)
    first = np.array([np.flatnonzero(label == k)[0] for k in range(count)])
    angle = np.arctan2(place[first, 1], place[first, 0])
    flip = (angle < 0) | (angle >= np.pi)
    return Spikes(
        angle=np.where(flip, angle % np.pi, angle),
        offset=np.where(flip, -place[first, 2], place[first, 2]),
        mass=np.bincount(label, mass[alive], count),
        members=np.bincount(label, minlength=count),
    )


def r_squared(y: Array, fit: Array) -> float:
    return float(1 - np.sum((y - fit) ** 2) / np.sum((y - y.mean()) ** 2))


def summary(name: str, net: Network) -> None:
    """Print the neurons, spikes and norms of a network."""
    norm = np.linalg.norm(net.weights, axis=1)
    mass = np.abs(net.readout[0]) * norm
    s = spikes(net)
    inside = np.abs(s.offset) < 1
    print(f"{name}.npz")
    living = np.sum(mass > 1e-6 * mass.max())
    print(f"  neurons              {len(norm)}, of which {living} above 1e-6 of the largest mass")
    print(f"  distinct spikes      {len(s.mass)}, of which {inside.sum()} cross the unit disc")
    print(f"  path norm            {mass.sum():.4f}")
    print(f"  R-TV on the disc     {np.abs(s.mass[inside]).sum():.4f}  (on the plane {np.abs(s.mass).sum():.4f})")
    print(f"  largest |w|, |v|     {norm.max():.3f}, {np.abs(net.readout).max():.3f}")
