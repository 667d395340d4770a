"""The public names and the modules they stand in: read by type checkers, and by `__init__.py` at run time."""

from . import io as io
from . import plot as plot
from . import skimage as skimage
from .activations.profile import Profile
from .closed_forms.base import ClosedForm, Composed, Sum
from .closed_forms.bump import Bump
from .closed_forms.gaussian import Gaussian
from .closed_forms.norm import Norm
from .closed_forms.phantoms import shepp_logan
from .closed_forms.ridge import Ridge
from .closed_forms.solids import Box, Ellipsoid
from .fitting._losses_of_values import Huber, Quantile
from .fitting.certified_fit import Fit
from .fitting.certified_loss_fit import LossFit
from .fitting.cross_validation import DecayChoice, choose_decay
from .fitting.interpolation import interpolate
from .fitting.losses import Loss
from .fitting.pruning import Pruning, prune
from .fitting.weight_decay import decay_max, fit, fit_path
from .geometry.directions import Directions
from .geometry.domains import Ball, Cuboid, Hull
from .geometry.grids import Grid, Offsets
from .geometry.naming import Names
from .io import load, save
from .kink_lines.segments import Kinks, kinks
from .many.rtv_table import map_rtv
from .measures.difference import Difference
from .measures.result import RTV
from .measures.ridge import RidgeMeasure
from .measures.spike_list import Spike
from .networks.deep import DeepNetwork
from .networks.fibres import FibreMeasure
from .networks.neurons import Simplification
from .networks.shallow import ShallowNetwork
from .operators.ahead_of_time import warm_up
from .operators.transform import RadonTransform
from .readers.live_models import from_model
from .readers.path_norms import path_norm
from .readers.verification import Verification, verify
from .skimage import iradon, radon
from .spikes.from_transform import find_spikes
from .spikes.probing.probe import probe_spikes
from .spikes.probing.probe_fit import ProbeFit
from .spikes.spike_fit import SpikeErrors, SpikeFit
from .tables.reading import DataTable, read_table
from .tracking import Snapshot, SpikeTracker
from .variation.deep import deep_rtv
from .variation.distances import Distance, distance
from .variation.routes import rtv

__all__ = [
    "RTV",
    "Ball",
    "Box",
    "Bump",
    "ClosedForm",
    "Composed",
    "Cuboid",
    "DataTable",
    "DecayChoice",
    "DeepNetwork",
    "Difference",
    "Directions",
    "Distance",
    "Ellipsoid",
    "FibreMeasure",
    "Fit",
    "Gaussian",
    "Grid",
    "Huber",
    "Hull",
    "Kinks",
    "Loss",
    "LossFit",
    "Names",
    "Norm",
    "Offsets",
    "ProbeFit",
    "Profile",
    "Pruning",
    "Quantile",
    "RadonTransform",
    "Ridge",
    "RidgeMeasure",
    "ShallowNetwork",
    "Simplification",
    "Snapshot",
    "Spike",
    "SpikeErrors",
    "SpikeFit",
    "SpikeTracker",
    "Sum",
    "Verification",
    "choose_decay",
    "decay_max",
    "deep_rtv",
    "distance",
    "find_spikes",
    "fit",
    "fit_path",
    "from_model",
    "interpolate",
    "iradon",
    "kinks",
    "load",
    "map_rtv",
    "path_norm",
    "probe_spikes",
    "prune",
    "radon",
    "read_table",
    "rtv",
    "save",
    "shepp_logan",
    "verify",
    "warm_up",
]

__version__: str
