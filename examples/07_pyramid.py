"""
The pyramid has no finite R-TV
==============================

(1 - |x|_1)_+ in the plane is piecewise linear with eight kinks, and no shallow network of finite norm: a kink that ends
is paid for in all directions. With its spikes smoothed at scale h the value grows like
(2/pi^2)(4 sqrt(2) + 4) log^2(1/h). Given only the values of the function, the law is recognised and its coefficient
fitted.
"""

from math import pi, sqrt
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn import plot, rtv
from radon_nn.growth import growth_of

Floats = NDArray[np.float64]

COEFFICIENT = 2 / pi**2 * (4 * sqrt(2) + 4)


def pyramid(x: Floats) -> Floats:
    """Height one, base the diamond |x_1| + |x_2| <= 1."""
    return np.maximum(1 - np.abs(x).sum(axis=1), 0)


def main(save: Path | None = None) -> tuple[str, str, float]:
    """Return the verdict, the kind of growth and its fitted coefficient; write the picture to `save`."""
    result = rtv(pyramid, dim=2)
    assert result.refinement is not None
    law = growth_of(result.refinement)
    print(result)
    print(f"coefficient of log^2(1/h): fitted {law.coefficient:.3f}, theory {COEFFICIENT:.3f}")
    if save is not None:
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        display = plot.RefinementDisplay.from_result(result, ax=figure.add_subplot())
        display.ax.set_title(f"The pyramid: {law.coefficient:.2f} log²(1/h) and growing")
        display.ax.set_ylabel("R-TV of the spikes smoothed at scale h")
        log = np.log(1 / np.array(result.refinement.at))
        rest = np.array(result.refinement.value) - COEFFICIENT * log**2
        curve = COEFFICIENT * log**2 + np.polyval(np.polyfit(log, rest, 1), log)
        display.ax.plot(
            result.refinement.at, curve, "k:", lw=2, label=f"a + b log(1/h) + {COEFFICIENT:.2f} log²(1/h), theory"
        )
        display.ax.legend(frameon=False)
        figure.savefig(save, dpi=100)
    return result.verdict, law.kind, law.coefficient


if __name__ == "__main__":
    main(Path("pyramid.png"))
