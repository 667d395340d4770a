"""Names that people try on `radon_nn` and that are not there: what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

_SINOGRAM = "radon_nn.radon(image), drawn by radon_nn.plot.sinogram(image)"
_BACK = "radon_nn.iradon(sinogram, theta), or radon_nn.RadonTransform.invert in any dimension"
_READ = "radon_nn.from_model(model)"
_FILE = "radon_nn.load(path)"
_DRAW = "radon_nn.plot.overview(f)"

INSTEAD = {
    **dict.fromkeys(("sinogram", "radon_transform", "forward_project"), _SINOGRAM),
    **dict.fromkeys(("fbp", "filtered_backprojection", "inverse_radon", "radon_inverse", "backproject"), _BACK),
    **dict.fromkeys(("from_torch", "from_pytorch", "from_keras", "from_tensorflow", "from_sklearn"), _READ),
    **dict.fromkeys(("from_onnx", "from_file", "load_model", "read"), _FILE),
    **dict.fromkeys(("show", "draw", "overview", "visualize", "visualise", "imshow"), _DRAW),
    **dict.fromkeys(
        ("spikes_of", "find_kinks", "kinks_of"), "radon_nn.ShallowNetwork.measure, or radon_nn.probe_spikes(f, dim)"
    ),
    **dict.fromkeys(("Network", "network"), "radon_nn.ShallowNetwork or radon_nn.DeepNetwork"),
    **dict.fromkeys(("Activation", "activation"), "radon_nn.Profile"),
    **dict.fromkeys(("phantom", "shepp_logan_phantom"), "radon_nn.shepp_logan()"),
    **dict.fromkeys(("train", "weight_decay"), "radon_nn.fit(points, values, decay=1.0)"),
    **dict.fromkeys(("rtv_norm", "RTV_norm", "total_variation", "variation_norm"), "radon_nn.rtv(f)"),
}
"""What each name is called here."""
_BY_NAME = ("app", "dask", "estimators", "torch")
"""Packages that are imported by their names, since they need what not everyone has."""


def hint(name: str, names: Sequence[str]) -> str:
    """
    The end of an error message about a name that is not there.

    Parameters
    ----------
    name : str
        What was asked for.
    names : sequence of str
        The names that are there.

    Returns
    -------
    str
        What to write instead; empty if nothing is near.
    """
    if name in _BY_NAME:
        return f"; write import radon_nn.{name}"
    known = INSTEAD.get(name) or INSTEAD.get(name.lower())
    if known is None and name.startswith("plot_"):
        known = _DRAW
    if known is not None:
        return f"; write {known}"
    if name.startswith("_"):
        return ""
    by_lower = {other.lower(): other for other in names}
    near = difflib.get_close_matches(name.lower(), by_lower, 1)
    return f"; did you mean radon_nn.{by_lower[near[0]]}?" if near else ""
