"""Look inside neural networks through the Radon transform.

Conventions, everywhere: a *direction* is a unit normal a in S^(d-1), an *offset* is t, and (a, t) names the hyperplane
{x : a.x = t}, as does (-a, -t). A *sinogram* is Rf(a, t), the integral of f over that hyperplane; *filtered* by K
(symbol c_d |w|^(d-1), c_d = 1 / (2 (2 pi)^(d-1))) and differentiated twice in t it shows a ReLU network's neurons as
*spikes* of *mass* v |w| at (w/|w|, -bias/|w|). *R-TV* is the sum of |mass| over distinct hyperplanes. Angles are in
radians, lengths in the user's units.
"""

from radon_nn.closed_form import ClosedForm, Composed, Sum
from radon_nn.deep import DeepNetwork
from radon_nn.deep_rtv import deep_rtv
from radon_nn.directions import Directions
from radon_nn.domains import Cuboid, Hull
from radon_nn.fibres import FibreMeasure
from radon_nn.fit import Fit, fit, fit_path, interpolate
from radon_nn.functions import Bump, Gaussian, Norm, Ridge
from radon_nn.geometry import Ball, Grid, Offsets
from radon_nn.io import load, save
from radon_nn.kink_lines import Kinks, kinks
from radon_nn.line_probes import ProbeFit, probe_spikes
from radon_nn.measure import RidgeMeasure
from radon_nn.models import Verification, from_model, verify
from radon_nn.network import ShallowNetwork
from radon_nn.neurons import Simplification
from radon_nn.phantoms import shepp_logan
from radon_nn.profiles import Profile
from radon_nn.rtv import rtv
from radon_nn.skimage import iradon, radon
from radon_nn.solids import Box, Ellipsoid
from radon_nn.spikes import SpikeFit, find_spikes
from radon_nn.transform import RadonTransform
from radon_nn.verdict import RTV

__version__ = "0.1.0"

__all__ = [
    "RTV",
    "Ball",
    "Box",
    "Bump",
    "ClosedForm",
    "Composed",
    "Cuboid",
    "DeepNetwork",
    "Directions",
    "Ellipsoid",
    "FibreMeasure",
    "Fit",
    "Gaussian",
    "Grid",
    "Hull",
    "Kinks",
    "Norm",
    "Offsets",
    "ProbeFit",
    "Profile",
    "RadonTransform",
    "Ridge",
    "RidgeMeasure",
    "ShallowNetwork",
    "Simplification",
    "SpikeFit",
    "Sum",
    "Verification",
    "deep_rtv",
    "find_spikes",
    "fit",
    "fit_path",
    "from_model",
    "interpolate",
    "iradon",
    "kinks",
    "load",
    "probe_spikes",
    "radon",
    "rtv",
    "save",
    "shepp_logan",
    "verify",
]
