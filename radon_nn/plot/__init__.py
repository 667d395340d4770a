"""Whole pictures: a function of any number of variables and its Radon domain, alone, beside others, or moving."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from radon_nn.displays.angles import AngleDisplay
from radon_nn.displays.canvas import NEGATIVE, POSITIVE
from radon_nn.displays.curves import SliceDisplay
from radon_nn.displays.data import DataDisplay
from radon_nn.displays.directions import DirectionDisplay
from radon_nn.displays.features import FeatureDisplay
from radon_nn.displays.fibres import FibreDisplay
from radon_nn.displays.film import Film
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.kinks import KinkDisplay
from radon_nn.displays.layers import LayerDisplay
from radon_nn.displays.line import LineDisplay
from radon_nn.displays.line_masses import LineMassDisplay
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.path import PathDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.refinement import RefinementDisplay
from radon_nn.displays.sinogram import SinogramDisplay
from radon_nn.displays.sphere import SphereDisplay
from radon_nn.displays.spikes import SpikeDisplay
from radon_nn.displays.strip import angles_and_offsets
from radon_nn.displays.trade_off import TradeOffDisplay
from radon_nn.displays.turntable import Turntable
from radon_nn.plot._columns import comparison
from radon_nn.plot._dispatch import overview
from radon_nn.plot._features import main_plane
from radon_nn.plot._films import film, turntable
from radon_nn.plot._fits import fit_overview
from radon_nn.plot._outline import ball_about
from radon_nn.plot._paths import path_overview
from radon_nn.plot._plane import deep_overview, fibre_overview
from radon_nn.plot._sinogram import sinogram

__all__ = [
    "NEGATIVE",
    "POSITIVE",
    "AngleDisplay",
    "DataDisplay",
    "DirectionDisplay",
    "FeatureDisplay",
    "FibreDisplay",
    "Film",
    "FunctionDisplay",
    "KinkDisplay",
    "LayerDisplay",
    "LineDisplay",
    "LineMassDisplay",
    "MassDisplay",
    "PathDisplay",
    "Picture",
    "RefinementDisplay",
    "SinogramDisplay",
    "SliceDisplay",
    "SphereDisplay",
    "SpikeDisplay",
    "TradeOffDisplay",
    "Turntable",
    "angles_and_offsets",
    "ball_about",
    "comparison",
    "deep_overview",
    "fibre_overview",
    "file_types",
    "film",
    "fit_overview",
    "main_plane",
    "overview",
    "path_overview",
    "sinogram",
    "turntable",
]


def file_types() -> tuple[str, ...]:
    """
    Endings that a picture's file name can have.

    Returns
    -------
    tuple of str
        Such as 'png', 'pdf' and 'svg'.
    """
    return tuple(FigureCanvasAgg(Figure()).get_supported_filetypes())
