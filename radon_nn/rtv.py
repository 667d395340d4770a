"""The R-TV of what the user holds: value, what was assumed, and how it was found."""

from __future__ import annotations

from radon_nn.geometry import Ball
from radon_nn.measure import RidgeMeasure
from radon_nn.network import ShallowNetwork
from radon_nn.verdict import RTV


def rtv(f: ShallowNetwork | RidgeMeasure, /, *, domain: Ball | None = None) -> RTV:
    """
    R-TV(f) = || d_t^2 K R f ||_M, exactly, for a network or a measure: the sum of |mass| over distinct hyperplanes.

    Parameters
    ----------
    f : ShallowNetwork or RidgeMeasure
        The function.
    domain : Ball, optional
        Count only the hyperplanes that meet this ball; all of R^d if not given.

    Returns
    -------
    RTV
        The value, exact, with its method and domain.

    Raises
    ------
    TypeError
        If `f` is neither a network nor a measure.

    See Also
    --------
    radon_nn.ShallowNetwork.path_norm : The sum before merging, an upper bound.

    References
    ----------
    R. Parhi and R. Nowak, Deep Learning Meets Sparse Regularization (2023), arXiv 2301.09554.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> float(rtv(ShallowNetwork([[3.0, 4.0]], [1.0], [2.0])))
    10.0
    """
    if isinstance(f, ShallowNetwork):
        measure, source = f.measure(), f"exact, from the weights of {f.neurons} neurons"
    elif isinstance(f, RidgeMeasure):
        measure, source = f.merged(), "exact, from the spikes"
    else:
        raise TypeError(
            f"rtv: expected a ShallowNetwork or a RidgeMeasure, got {type(f).__name__}; find_spikes finds the measure "
            "of a function seen only through its values"
        )
    if domain is not None:
        measure = measure.restricted(domain)
    value = measure.rtv
    where = f"R^{measure.dim}" if domain is None else repr(domain)
    return RTV(value, value, value, f"{source}, {len(measure)} distinct spikes", where)
