"""Phantoms: pictures that are sums of closed forms, with their exact transforms."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support import checks
from radon_nn.closed_forms.base import Sum
from radon_nn.closed_forms.solids import Ellipsoid

# Rows: value, value with modified contrasts, semiaxes, center, degrees of rotation about the last axis.
_SHEPP_LOGAN_2D = (
    (2.00, 1.0, 0.6900, 0.9200, 0.00, 0.0000, 0),
    (-0.98, -0.8, 0.6624, 0.8740, 0.00, -0.0184, 0),
    (-0.02, -0.2, 0.1100, 0.3100, 0.22, 0.0000, -18),
    (-0.02, -0.2, 0.1600, 0.4100, -0.22, 0.0000, 18),
    (0.01, 0.1, 0.2100, 0.2500, 0.00, 0.3500, 0),
    (0.01, 0.1, 0.0460, 0.0460, 0.00, 0.1000, 0),
    (0.01, 0.1, 0.0460, 0.0460, 0.00, -0.1000, 0),
    (0.01, 0.1, 0.0460, 0.0230, -0.08, -0.6050, 0),
    (0.01, 0.1, 0.0230, 0.0230, 0.00, -0.6060, 0),
    (0.01, 0.1, 0.0230, 0.0460, 0.06, -0.6050, 0),
)
_SHEPP_LOGAN_3D = (
    (2.00, 1.0, 0.6900, 0.920, 0.900, 0.00, 0.000, 0.000, 0),
    (-0.98, -0.8, 0.6624, 0.874, 0.880, 0.00, 0.000, 0.000, 0),
    (-0.02, -0.2, 0.4100, 0.160, 0.210, -0.22, 0.000, -0.250, 108),
    (-0.02, -0.2, 0.3100, 0.110, 0.220, 0.22, 0.000, -0.250, 72),
    (0.02, 0.2, 0.2100, 0.250, 0.500, 0.00, 0.350, -0.250, 0),
    (0.02, 0.2, 0.0460, 0.046, 0.046, 0.00, 0.100, -0.250, 0),
    (0.01, 0.1, 0.0460, 0.023, 0.020, -0.08, -0.650, -0.250, 0),
    (0.01, 0.1, 0.0460, 0.023, 0.020, 0.06, -0.650, -0.250, 90),
    (0.02, 0.2, 0.0560, 0.040, 0.100, 0.06, -0.105, 0.625, 90),
    (-0.02, -0.2, 0.0560, 0.056, 0.100, 0.00, 0.100, 0.625, 0),
)


def shepp_logan(dim: int = 2, *, modified: bool = True) -> Sum:
    """
    Build the Shepp-Logan head phantom, in [-1, 1]^d.

    `Grid.cube(n).sample(shepp_logan())` shown by matplotlib's imshow, rows downwards, is the usual upright picture,
    scikit-image's `shepp_logan_phantom`: with X to the right and Y up in the published tables, x_1 = -Y and x_2 = X.
    So x_1 runs down that picture, and `plot.overview(shepp_logan())`, where x_1 runs to the right, shows it lying on
    its side, with its top to the left. In three dimensions x_3 = Z, so that array[:, :, k] is a slice across the axis
    of the head, shown likewise.

    Parameters
    ----------
    dim : {2, 3}
        Dimension.
    modified : bool
        With contrasts that the eye can see, values in [0, 1] (in two dimensions Toft's [2]_, in three those of Yu, Ye
        and Wang [4]_), or as first published, with the skull at 2 and the brain near 1.02 ([1]_; [3]_).

    Returns
    -------
    Sum
        Of ten ellipses or ellipsoids.

    Raises
    ------
    ValueError
        If the dimension is neither 2 nor 3.

    See Also
    --------
    radon_nn.Ellipsoid : Its parts.
    radon_nn.Grid.sample : Its values as an image.

    References
    ----------
    .. [1] L. A. Shepp, B. F. Logan, The Fourier reconstruction of a head section, IEEE Trans. Nucl. Sci. 21, 1974.
    .. [2] P. Toft, The Radon transform: theory and implementation, PhD thesis, DTU, 1996, p. 199.
    .. [3] A. C. Kak, M. Slaney, Principles of Computerized Tomographic Imaging, IEEE Press, 1988, p. 102.
    .. [4] H. Yu, Y. Ye, G. Wang, Katsevich-type algorithms for variable radius spiral cone-beam CT, SPIE 5535, 2004.

    Examples
    --------
    >>> len(shepp_logan().terms)
    10
    """
    if checks.count(dim, "dim") not in (2, 3):
        raise ValueError(f"dim: expected 2 or 3, got {dim!r}")
    upright = np.eye(dim)
    upright[:2, :2] = [[0, -1], [1, 0]]
    ellipsoids = []
    for row in _SHEPP_LOGAN_2D if dim == 2 else _SHEPP_LOGAN_3D:
        angle = math.radians(row[-1])
        rotation = np.eye(dim)
        rotation[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        center = upright @ row[2 + dim : 2 + 2 * dim]
        ellipsoids.append(Ellipsoid(center, row[2 : 2 + dim], upright @ rotation, row[1 if modified else 0]))
    return Sum(ellipsoids)
