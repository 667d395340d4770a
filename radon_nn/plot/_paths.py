"""A path of fits over falling weight decays."""

from __future__ import annotations

from collections.abc import Sequence

from radon_nn._support.wording import counted
from radon_nn.displays.path import PathDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.trade_off import TradeOffDisplay
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit
from radon_nn.plot._sheet import headed, sheet


def path_overview(
    path: Sequence[Fit] | Sequence[LossFit], *, title: str = "", figsize: tuple[float, float] | None = None
) -> Picture:
    """
    A path of fits, of any loss and number of outputs: the masses of spikes by weight decay, and loss against penalty.

    Parameters
    ----------
    path : sequence of Fit or of LossFit
        What `fit_path` returned.
    title : str
        A title for the whole.
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    ValueError
        If there are no fits, or one has no decay.

    See Also
    --------
    film : The spikes of one or two inputs, decay by decay.

    Examples
    --------
    >>> from radon_nn import fit_path
    >>> path = fit_path([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1], decays=[0.3, 0.1, 0.03], loss="logistic")
    >>> len(path_overview(path).axes)
    2
    """
    figure = sheet(2, 1, figsize)
    left, right = figure.subplots(1, 2)
    PathDisplay.from_fits(path, ax=left)
    TradeOffDisplay.from_fits(path, ax=right)
    gap = max((fit.gap / abs(fit.objective) for fit in path if fit.objective), default=0.0)
    known = "certified" if all(fit.certified for fit in path) else "the gaps of some are not closed by proof"
    return headed(figure, title, f"{counted(len(path), 'fit')}, each within {gap:.1g} of its optimum ({known})")
