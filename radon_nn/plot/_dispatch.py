"""One picture of anything: which panels show it is decided by the number of inputs and by what is known of it."""

from __future__ import annotations

from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn.displays.features import Groups
from radon_nn.displays.picture import Picture
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function
from radon_nn.kink_lines.segments import Kinks
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.plot._features import features_overview
from radon_nn.plot._line import line_overview
from radon_nn.plot._plane import densities, layered, plain_overview, spike_overview
from radon_nn.plot._space import space_overview
from radon_nn.plot._spikes import spikes_of
from radon_nn.plot._view import View, dimension_of, names_of, require_one_output, view_of


def overview(
    f: Function,
    measure: RidgeMeasure | None = None,
    *,
    domain: Domain | None = None,
    data: ArrayLike | None = None,
    dim: int | None = None,
    n: int = 256,
    title: str = "",
    groups: Groups | None = None,
    known: Kinks | None = None,
    figsize: tuple[float, float] | None = None,
) -> Picture:
    """
    A function and its Radon domain in one picture, for any number of inputs.

    One input: the function with its kinks, and the masses along the same axis. Two: the function with its kinks, its
    sinogram, its spikes in (angle, offset), and their masses; of smooth activations `fibre_overview`, of deep networks
    `deep_overview`. Three: directions on the half sphere, as rows, and masses, above three planes through the center;
    `turntable` shows the kink planes in the ball. More: directions as rows, masses by input and by spike, the plane
    through the center that holds most of the mass, and curves along the two main inputs. Of a function that is no
    network and comes without a measure, the panels show what values alone can tell.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values: a network, a closed form, a fit, or any function.
    measure : RidgeMeasure, optional
        Its spikes, exact or found; those of a network or a fit if not given.
    domain : Ball, Cuboid or Hull, optional
        The ball to look at. Of a box or a hull the ball about it is shown, and numbers are those of the ball; in the
        plane a dotted line shows the domain itself. If not given, the ball about the data; about the means of a scaler
        that was folded into the network; or the unit ball. The picture says which.
    data : array_like, shape (n, d), optional
        Points that f was fitted to, which are drawn as well.
    dim : int, optional
        Number of inputs, where neither the function nor domain or data tell.
    n : int
        Samples along each axis of pictures over a plane.
    title : str
        A name for the whole, which stands before what the picture says.
    groups : mapping of str to sequence of int or str, optional
        Groups of inputs whose masses are summed, for four inputs or more.
    known : Kinks, optional
        Kinks of a deep network of two inputs on the domain, if they have been computed already.
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    TypeError
        If nothing tells the number of inputs.
    ValueError
        If numbers of inputs disagree, or the function has several outputs.
    MemoryError
        If the machine cannot hold the grid.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> f = ShallowNetwork([[1.0], [2.0]], [0.0, -0.5], [1.0, -1.0])
    >>> len(overview(f).axes)
    2
    """
    own = getattr(f, "measure", None)
    if measure is None and isinstance(own, RidgeMeasure):
        measure = own
    inputs = dimension_of(f, measure, domain, data, dim)
    require_one_output(f)
    checks.count(n, "n", least=8)
    view = view_of(names_of(f, measure), inputs, domain, data)
    if inputs == 1:
        return line_overview(f, measure, view, figsize, title)
    if inputs == 2:
        if measure is None and isinstance(f, DeepNetwork):
            return layered(f, view, n, figsize, title, known)
        return _of_the_plane(f, measure, view, n, figsize, title)
    spikes = spikes_of(f, measure, view.domain)
    if inputs == 3:
        return space_overview(f, spikes, view, n, figsize, title)
    return features_overview(f, spikes, view, n, groups, figsize, title)


def _of_the_plane(
    f: Function, measure: RidgeMeasure | None, view: View, n: int, figsize: tuple[float, float] | None, title: str
) -> Picture:
    if measure is not None:
        return spike_overview(f, measure, view, n, figsize, title)
    if not isinstance(f, ShallowNetwork):
        return plain_overview(f, view, n, figsize, title)
    if not f.activation.piecewise_linear:
        return densities(f, view, n, figsize, title)
    return spike_overview(f, f.measure(), view, n, figsize, title)
