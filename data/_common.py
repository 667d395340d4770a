"""What the three data scripts share: the elevation map, the writer of tables and the summary."""

from pathlib import Path

import numpy as np
from matplotlib.cbook import get_sample_data
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from radon_nn import Ball, ShallowNetwork

Array = NDArray[np.float64]
HERE = Path(__file__).resolve().parent
KM_PER_DEGREE = 111.2


def write_csv(name: str, columns: dict[str, Array], formats: list[str]) -> None:
    """Write ``<name>.csv`` beside the scripts: a header line, then one line for each sample."""
    table = np.column_stack(list(columns.values()))
    np.savetxt(HERE / f"{name}.csv", table, fmt=formats, delimiter=",", header=",".join(columns), comments="")


class ElevationMap:
    """matplotlib's bundled SRTM map of the Jacksboro fault, averaged over a Gaussian footprint of ``footprint_km``.

    Kilometres east and north are measured from the map's south-west corner; a degree of latitude is 111.2 km, a degree
    of longitude 111.2 km times the cosine of the map's middle latitude. Row 0 is the northern edge (in the
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
        """East and north in kilometres and elevation in metres of every pixel centre, as flat arrays."""
        rows, cols = self.metres.shape
        east, north = np.meshgrid((np.arange(cols) + 0.5) * self.dx, (rows - np.arange(rows) - 0.5) * self.dy)
        return east.ravel(), north.ravel(), self.metres.ravel()

    def degrees(self, east: Array, north: Array) -> tuple[Array, Array]:
        """Longitude and latitude in degrees."""
        return self.west + east / self.km_per_lon, self.south + north / self.km_per_lat


def r_squared(y: Array, fit: Array) -> float:
    return float(1 - np.sum((y - fit) ** 2) / np.sum((y - y.mean()) ** 2))


def summary(name: str, net: ShallowNetwork) -> None:
    """Print the neurons, spikes and norms of a network."""
    mass = np.linalg.norm(net.weights, axis=1) * np.linalg.norm(net.readout, axis=0)
    measure = net.measure().merged(1e-6, unit=1.0)
    inside = measure.restricted(Ball(1.0))
    print(f"{name}.npz")
    living = np.sum(mass > 1e-6 * mass.max())
    print(f"  neurons              {net.neurons}, of which {living} above 1e-6 of the largest mass")
    print(f"  distinct spikes      {len(measure)}, of which {len(inside)} cross the unit disc")
    print(f"  path norm            {net.path_norm:.4f}")
    print(f"  R-TV on the disc     {inside.rtv:.4f}  (on the plane {measure.rtv:.4f})")
    largest = np.linalg.norm(net.weights, axis=1).max(), np.abs(net.readout).max()
    print(f"  largest |w|, |v|     {largest[0]:.3f}, {largest[1]:.3f}")
