"""`iradon` beside scikit-image's, from 20 to 720 angles: errors and ranges on images with edges.

Prints a table: the image, whether it is a circle or the square, the number of angles, whose `radon` made the sinogram;
the root mean square error of radon_nn and of scikit-image and their ratio; the lowest and highest value of both; and by
how much radon_nn's range goes further than both the image's and scikit-image's, as a fraction of the image's range.
Scikit-image's results are its default, linear interpolation and the ramp; `--cubic` compares the cubic ones.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import data, transform, util

from radon_nn import skimage as ours

Image = NDArray[np.float64]

ANGLES = (20, 36, 60, 90, 180, 360, 720)


def in_circle(n: int) -> NDArray[np.bool_]:
    """Pixels in the circle of `radon`."""
    place = np.arange(n) - n // 2
    return np.asarray(place[:, None] ** 2 + place**2 <= (n // 2) ** 2)


def images() -> dict[str, Image]:
    """Those of scikit-image's tests of `radon`, its photographs, and blocks."""
    phantom = data.shepp_logan_phantom()
    place = np.arange(128) - 63.5
    block, blocks = np.zeros((96, 96)), np.zeros((97, 97))
    block[30:66, 30:66] = 1
    blocks[20:40, 30:50], blocks[50:75, 40:70], blocks[30:60, 60:70] = 1, 0.5, 0.8
    half = {"mode": "constant", "order": 1, "anti_aliasing": False, "channel_axis": None}
    return {
        "phantom, 100": transform.rescale(phantom[::2, ::2], 0.5, **half),
        "phantom, 160": transform.rescale(phantom, 0.4, mode="reflect", channel_axis=None),
        "triangles": np.tri(100) + np.tri(100)[::-1],
        "disc": (np.add.outer(place**2, place**2) <= 32**2).astype(float),
        "white noise": np.random.RandomState(98312871).rand(61, 61) * in_circle(61),
        "camera": util.img_as_float(data.camera()).reshape(128, 4, 128, 4).mean((1, 3)),
        "coins": util.img_as_float(data.coins())[:288, :384:].reshape(96, 3, 128, 3).mean((1, 3))[:, 16:112],
        "block": block,
        "blocks": blocks,
    }


def rms(difference: Image) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def rows(angles: tuple[int, ...], interpolation: str) -> Iterator[tuple[Any, ...]]:
    """What the table says."""
    for name, whole in images().items():
        for circle in (True, False):
            image = whole * in_circle(len(whole)) if circle else whole
            span = image.max() - image.min()
            for m in angles:
                theta = np.arange(m) * 180 / m
                for source, forward in (("scikit-image", transform.radon), ("radon_nn", ours.radon)):
                    sinogram = forward(image, theta, circle)
                    results = [
                        module.iradon(sinogram, theta, circle=circle, interpolation=interpolation)
                        for module in (ours, transform)
                    ]
                    mine, peer = (result[: len(image), : len(image)] for result in results)
                    high = mine.max() - max(image.max(), peer.max())
                    low = min(image.min(), peer.min()) - mine.min()
                    kind = "circle" if circle else "square"
                    errors = rms(mine - image), rms(peer - image)
                    yield (
                        name, kind, m, source, *errors, errors[0] / errors[1], mine.min(), mine.max(),
                        peer.min(), peer.max(), max(high, low, 0) / span,
                    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="36 and 180 angles only")
    parser.add_argument("--cubic", action="store_true", help="cubic instead of linear interpolation")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    heads = "rms", "peer's", "ratio", "low", "high", "peer's low", "high", "beyond"
    widths = 8, 8, 8, 9, 9, 12, 9, 8
    right = "".join(head.rjust(width) for head, width in zip(heads, widths, strict=True))
    print(f"{'image':13}{'of':7}angles  {'sinogram by':12}{right}")
    worst = {"ratio": 0.0, "beyond": 0.0}
    for row in rows((36, 180) if options.quick else ANGLES, "cubic" if options.cubic else "linear"):
        name, kind, m, source, *numbers = row
        text = f"{name:13}{kind:7}{m:6d}  {source:12}"
        print(text + "".join(f"{value:{w}.4f}" for value, w in zip(numbers, widths, strict=True)), flush=True)
        worst = {"ratio": max(worst["ratio"], numbers[2]), "beyond": max(worst["beyond"], numbers[-1])}
    print(f"largest ratio of errors {worst['ratio']:.4f}, range at most {worst['beyond']:.4f} beyond")


if __name__ == "__main__":
    main()
