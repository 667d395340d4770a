"""Look inside neural networks through the Radon transform.

Conventions, everywhere: a *direction* is a unit normal a in S^(d-1), an *offset* is t, and (a, t) names the hyperplane
{x : a.x = t}, as does (-a, -t). A *sinogram* is Rf(a, t), the integral of f over that hyperplane; *filtered* by K
(symbol c_d |w|^(d-1), c_d = 1 / (2 (2 pi)^(d-1))) and differentiated twice in t it shows a ReLU network's neurons as
*spikes* of *mass* v |w| at (w/|w|, -bias/|w|). *R-TV* is the sum of |mass| over distinct hyperplanes. Angles are in
radians, lengths in the user's units.
"""

from radon_nn.activations.profile import Profile
from radon_nn.closed_forms.base import ClosedForm, Composed, Sum
from radon_nn.closed_forms.phantoms import shepp_logan
from radon_nn.closed_forms.radial import Bump, Gaussian, Norm, Ridge
from radon_nn.closed_forms.solids import Box, Ellipsoid
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.interpolation import interpolate
from radon_nn.fitting.weight_decay import fit, fit_path
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball, Cuboid, Hull
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.io import load, save
from radon_nn.kink_lines.segments import Kinks, kinks
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.neurons import Simplification
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.operators.transform import RadonTransform
from radon_nn.readers.live_models import Verification, from_model, verify
from radon_nn.skimage import iradon, radon
from radon_nn.spikes.from_transform import SpikeFit, find_spikes
from radon_nn.spikes.probing.probe import ProbeFit, probe_spikes
from radon_nn.variation.deep import deep_rtv
from radon_nn.variation.routes import rtv

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
