"""Make ``terrain.npz`` and ``terrain.csv``: the land where two faults meet, as a shallow ReLU network.

Source: ``jacksboro_fault_dem.npz``, bundled with matplotlib (SRTM elevations, public domain). Coordinates: the disc of
radius 6 km around the point 17 km east and 18.5 km north of the map's south-west corner becomes the unit disc, x =
(east - 17, north - 18.5) / 6. Output: elevation in hundreds of metres, averaged over a Gaussian footprint of 0.3 km.
Fit: scikit-learn's MLPRegressor, one hidden layer, L-BFGS, on 2500 pixels; it is tested on the disc's other pixels.
"""

import numpy as np
from sklearn.neural_network import MLPRegressor

from _common import HERE, ElevationMap, r_squared, summary, write_csv
from radon_nn import ShallowNetwork, save

CENTRE_KM, RADIUS_KM, FOOTPRINT_KM = (17.0, 18.5), 6.0, 0.3
SAMPLES, NEURONS, ALPHA, SEED = 2500, 56, 1e-3, 0


def main() -> None:
    dem = ElevationMap(FOOTPRINT_KM)
    east, north, metres = dem.pixels()
    X = (np.column_stack([east, north]) - CENTRE_KM) / RADIUS_KM
    disc = np.flatnonzero(np.linalg.norm(X, axis=1) <= 1)
    train = np.sort(np.random.default_rng(SEED).choice(disc, SAMPLES, replace=False))
    test = np.setdiff1d(disc, train)
    y = metres / 100

    model = MLPRegressor(
        hidden_layer_sizes=(NEURONS,),
        solver="lbfgs",
        alpha=ALPHA,
        tol=1e-7,
        max_iter=20_000,
        max_fun=40_000,
        random_state=SEED,
    )
    model.fit(X[train], y[train])
    (hidden, readout), (biases, constant) = model.coefs_, model.intercepts_
    net = ShallowNetwork(hidden.T.copy(), biases, readout.T.copy(), np.zeros((1, 2)), constant)

    save(HERE / "terrain.npz", net)
    longitude, latitude = dem.degrees(east[train], north[train])
    columns = {
        "x1": X[train, 0],
        "x2": X[train, 1],
        "y_hundred_m": y[train],
        "east_km": east[train],
        "north_km": north[train],
        "longitude_deg": longitude,
        "latitude_deg": latitude,
    }
    write_csv("terrain", columns, ["%.6f", "%.6f", "%.4f", "%.4f", "%.4f", "%.5f", "%.5f"])
    summary("terrain", net)
    print(f"  R^2                  {r_squared(y[train], net(X[train])):.4f} on {SAMPLES} samples fitted,", end=" ")
    print(f"{r_squared(y[test], net(X[test])):.4f} on {len(test)} others; {model.n_iter_} iterations")


if __name__ == "__main__":
    main()
