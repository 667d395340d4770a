"""Training with weight decay to its global optimum over all widths, for one decay or a path of them."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.blas import one_blas_thread
from radon_nn._support.clients import Client
from radon_nn._support.types import Progress
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting._losses_of_values import Squared
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Pursuit
from radon_nn.fitting._squares_path import SquaresPath
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit
from radon_nn.fitting.loss_data import Options
from radon_nn.fitting.losses import Loss
from radon_nn.fitting.many_outputs import Limits, fit_losses, largest_useful_decay, options_of
from radon_nn.geometry.naming import names_of_data
from radon_nn.measures.ridge import RidgeMeasure

_LARGEST = 1e150
"""Values and weights up to this have squares, and sums of them, that are float64 numbers."""


@overload
def fit(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decay: float,
    loss: Literal["squared"] = ...,
    sample_weight: None = ...,
    affine: Literal[True] = ...,
    affine_decay: float = ...,
    metric: None = ...,
    start: Fit | RidgeMeasure | None = ...,
    tol: float = ...,
    seconds: float | None = ...,
    progress: Progress | None = ...,
    rng: int | np.random.Generator = ...,
    client: Client | None = ...,
) -> Fit:
    """One output, squares, and no other option."""


@overload
def fit(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decay: float,
    loss: str | Loss = ...,
    sample_weight: ArrayLike | None = ...,
    affine: bool | str = ...,
    affine_decay: float = ...,
    metric: ArrayLike | None = ...,
    start: None = ...,
    tol: float = ...,
    seconds: float | None = ...,
    progress: Progress | None = ...,
    rng: int | np.random.Generator = ...,
    client: Client | None = ...,
) -> Fit | LossFit:
    """Any loss, any number of outputs."""


def fit(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decay: float,
    loss: str | Loss = "squared",
    sample_weight: ArrayLike | None = None,
    affine: bool | str = True,
    affine_decay: float = 0.0,
    metric: ArrayLike | None = None,
    start: Fit | RidgeMeasure | None = None,
    tol: float = 1e-4,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
    client: Client | None = None,
) -> Fit | LossFit:
    """
    The global optimum of training with weight decay, over all widths: min sum_i l(f(x_i), y_i) + decay R-TV(f).

    Equivalently the minimum of sum_i l(f(x_i), y_i) + decay/2 sum_k (|v_k|^2 + |w_k|^2) over shallow ReLU networks with
    a free affine part and free biases, of any width. With several outputs, R-TV is the sum of |v_k| |w_k| in Euclidean
    norms, and neurons are shared between outputs.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points. For one output, squares and none of the options below they must span R^d and be at least d + 2 distinct
        ones; otherwise points in a subspace are fitted within it.
    values : array_like, shape (n,) or (n, o)
        Values, labels or counts, as the loss takes them; points may be given several times.
    decay : float
        Weight decay, positive, in units of the loss times x over f.
    loss : str or Loss
        'squared' (half the square), 'huber', 'quantile', 'poisson', 'logistic', 'hinge', 'squared_hinge' (labels -1 and
        1, or 0 and 1), 'cross_entropy' (classes 0, 1, ...), or an object: `radon_nn.Huber(0.5)`,
        `radon_nn.Quantile(0.9)`, or a `Loss` of your own.
    sample_weight : array_like, shape (n,), optional
        Weights w_i >= 0 of the losses.
    affine : True or 'constant'
        'constant' leaves out the linear part of the affine part. Then (a, t) and (-a, -t) are two atoms, and the
        penalty is the path norm over oriented hyperplanes, sum |v_k| |w_k|, instead of R-TV.
    affine_decay : float
        Adds affine_decay/2 sum_i w_i |A f(x_i)|^2, A f the affine function nearest to f at the points. Positive numbers
        bound the affine part where the loss alone does not: classes that an affine function separates have no best
        network otherwise.
    metric : array_like, shape (d, d) or (d,), optional
        A matrix A, or its diagonal: the penalty is sum |v_k| |A' w_k|. Features in different units, for example, are
        treated as after division by the diagonal.
    start : Fit or RidgeMeasure, optional
        For one output, squares and no option above: a function near the optimum, as the fit to data that have changed
        little since. Its neurons are where the search begins, which shortens it. The result has the same certificate;
        its neurons may differ.
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time, once the current search has ended, with the best so far; `math.inf` for no limit. In
        four to six dimensions the proof of the bound alone may take some 20 s of a core.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.
    client : dask.distributed.Client, optional
        For the same: its workers search for new neurons where that pays, from 3000 points on for d = 2, from 250 for
        d = 3. The result is the same to the bit.

    Returns
    -------
    Fit or LossFit
        The network, its objective, and a lower bound for every network's. A `Fit` for one output and squares, of at
        most n - (d + 1) neurons, if no other option is given; otherwise a `LossFit`.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, the loss cannot take the values, or no network attains the infimum.

    See Also
    --------
    interpolate : The limit of decay to zero.
    fit_path : Many decays, each from the last.
    decay_max : The decay from which on the fit is affine.

    Notes
    -----
    The decay in terms of other people's, for n samples of weight 1 and a network whose affine part is not penalised:

    =================================================  =======================================================
    here                                               there
    =================================================  =======================================================
    sum of losses, decay lambda                        PyTorch, sum of losses: weight_decay=lambda
    the same                                           PyTorch, mean of losses: weight_decay=lambda/n
    'squared', with its factor 1/2                     MSELoss() is twice as large: weight_decay=2 lambda/n
    'huber', 'logistic', 'cross_entropy', 'poisson'    HuberLoss, BCEWithLogitsLoss, CrossEntropyLoss,
                                                       PoissonNLLLoss (means): weight_decay=lambda/n
    any                                                scikit-learn's MLP: alpha=lambda (it divides by n itself)
    any                                                a penalty by hand: lambda/2 (sum v^2 + sum w^2), or
                                                       lambda sum |v| |w|
    =================================================  =======================================================

    PyTorch's weight_decay is that of SGD and of Adam, where it enters the gradient. AdamW shrinks weights by learning
    rate times weight_decay instead, which is the gradient of no fixed objective. scikit-learn's MLP penalises the
    weights of both layers too, but has no affine part.

    R-TV changes with the units of x: a feature in metres is penalised a thousand times as much as in millimetres.
    Standardise features that differ in kind, or give their deviations as `metric`.

    Examples
    --------
    >>> best = fit([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], decay=0.1)
    >>> round(best.rtv, 6), round(best.objective, 6)
    (1.4, 0.17)
    >>> fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1], decay=0.1, loss="logistic").converged
    True
    """
    options = options_of(points, loss, affine, affine_decay, metric)
    limits = Limits(tol, seconds, progress, rng)
    return fits_at(points, values, [checks.positive(decay, "decay")], options, sample_weight, limits, start, client)[0]


@overload
def fit_path(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decays: Sequence[float],
    loss: Literal["squared"] = ...,
    sample_weight: None = ...,
    affine: Literal[True] = ...,
    affine_decay: float = ...,
    metric: None = ...,
    start: Fit | RidgeMeasure | None = ...,
    tol: float = ...,
    seconds: float | None = ...,
    progress: Progress | None = ...,
    rng: int | np.random.Generator = ...,
    client: Client | None = ...,
) -> list[Fit]:
    """One output, squares, and no other option."""


@overload
def fit_path(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decays: Sequence[float],
    loss: str | Loss = ...,
    sample_weight: ArrayLike | None = ...,
    affine: bool | str = ...,
    affine_decay: float = ...,
    metric: ArrayLike | None = ...,
    start: None = ...,
    tol: float = ...,
    seconds: float | None = ...,
    progress: Progress | None = ...,
    rng: int | np.random.Generator = ...,
    client: Client | None = ...,
) -> list[Fit] | list[LossFit]:
    """Any loss, any number of outputs."""


def fit_path(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decays: Sequence[float],
    loss: str | Loss = "squared",
    sample_weight: ArrayLike | None = None,
    affine: bool | str = True,
    affine_decay: float = 0.0,
    metric: ArrayLike | None = None,
    start: Fit | RidgeMeasure | None = None,
    tol: float = 1e-4,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
    client: Client | None = None,
) -> list[Fit] | list[LossFit]:
    """
    `fit` for several decays, each started from the one above it.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points.
    values : array_like, shape (n,) or (n, o)
        Values.
    decays : sequence of float
        Weight decays, positive.
    loss : str or Loss
        As for `fit`.
    sample_weight : array_like, shape (n,), optional
        As for `fit`.
    affine : True or 'constant'
        As for `fit`.
    affine_decay : float
        As for `fit`.
    metric : array_like, optional
        As for `fit`.
    start : Fit or RidgeMeasure, optional
        A function near the optimum of the largest decay, as for `fit`.
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time, for all together, with the best so far. In four to six dimensions the proof of each
        bound may take some 20 s of a core.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.
    client : dask.distributed.Client, optional
        As for `fit`.

    Returns
    -------
    list of Fit or LossFit
        One for each decay, in the order given.

    Raises
    ------
    ValueError
        As for `fit`.

    See Also
    --------
    fit : One decay.
    decay_max : The decay from which on the fit is affine.
    radon_nn.choose_decay : A decay by cross-validation.

    Examples
    --------
    >>> path = fit_path([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], decays=[0.2, 0.1])
    >>> [round(fit.rtv, 6) for fit in path]
    [0.8, 1.4]
    """
    options = options_of(points, loss, affine, affine_decay, metric)
    limits = Limits(tol, seconds, progress, rng)
    return fits_at(points, values, checks.positives(decays, "decays"), options, sample_weight, limits, start, client)


@one_blas_thread()
def fits_at(
    points: ArrayLike,
    values: ArrayLike,
    decays: Sequence[float],
    options: Options,
    sample_weight: ArrayLike | None,
    limits: Limits,
    start: Fit | RidgeMeasure | None,
    client: Client | None,
) -> list[Fit] | list[LossFit]:
    """
    The fits at several decays, by the solver for one output and squares where that will do.

    Parameters
    ----------
    points, values, decays : array_like
        As `fit_path` takes them.
    options : Options
        What to minimise.
    sample_weight : array_like, optional
        As `fit_path` takes it.
    limits : Limits
        When to stop.
    start, client : object, optional
        As `fit_path` takes them.

    Returns
    -------
    list of Fit or LossFit
        One for each decay, in the order given.
    """
    names, close = names_of_data(points, values), checks.positive(limits.tol, "tol")
    squares = type(options.loss) is Squared and options.affine and not options.affine_decay and options.metric is None
    if not squares or sample_weight is not None or (np.ndim(values) > 1 and np.shape(values)[1] != 1):
        if start is not None or client is not None:
            given = "start" if start is not None else "client"
            raise ValueError(f"{given}: expected for one output, squares and no other option only; leave it out")
        general = LossProblem.of(points, values, sample_weight, options)
        weight, size = float(general.weights.max(initial=0.0)), float(np.abs(general.targets).max(initial=0.0))
        if max(weight, size, weight * size) > _LARGEST:
            raise ValueError(
                f"values: expected values and sample weights whose squares are below 1.8e308, got up to {size:.3g} and "
                f"{weight:.3g}; divide them and decay by a constant, and Huber's delta with the values"
            )
        results = fit_losses(general, decays, limits)
        return [each.named(names) if names else each for each in results]
    problem = Problem.of(points, values, averaging=True)
    wanted = [checks.positive(decay, "decay") for decay in decays]
    pursuit = Pursuit(problem, seconds=limits.seconds, progress=limits.progress, rng=limits.rng, client=client)
    pursuit.proving = limits.prove
    path = SquaresPath(pursuit, close, max(wanted, default=0.0), start)
    fits: dict[float, Fit] = {}
    falling = sorted(set(wanted), reverse=True)
    for k, decay in enumerate(falling, start=1):
        begin = monotonic()
        fits[decay] = path.fit(decay)
        if limits.progress is not None and k < len(falling):
            # Smaller decays have more atoms, and take about as long as the one before or longer: measured 0.8 to 2.5
            # times, over ten decays from 1 to 1e-3, for 60 and 100 points of the plane.
            least = (monotonic() - begin) * (len(falling) - k)
            limits.progress(
                f"decay {decay:.3g} done, {k} of {len(falling)}: R-TV {fits[decay].rtv:.6g}; at least about "
                f"{least:.0f} s left"
            )
    return [fits[decay].named(names) if names else fits[decay] for decay in wanted]


def decay_max(
    points: ArrayLike,
    values: ArrayLike,
    *,
    loss: str | Loss = "squared",
    sample_weight: ArrayLike | None = None,
    affine: bool | str = True,
    affine_decay: float = 0.0,
    metric: ArrayLike | None = None,
) -> float:
    """
    The decay from which on the best network is affine: max |F_r| for r = -grad l at the affine fit.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points.
    values : array_like, shape (n,) or (n, o)
        Values.
    loss : str or Loss
        As for `fit`. Where it has kinks, it may have several subgradients at the affine fit, and a smaller decay may
        do too.
    sample_weight : array_like, shape (n,), optional
        As for `fit`.
    affine : True or 'constant'
        As for `fit`.
    affine_decay : float
        As for `fit`.
    metric : array_like, optional
        As for `fit`.

    Returns
    -------
    float
        The decay; exact where points span at most three dimensions, otherwise the largest value that ascents found.

    Raises
    ------
    ValueError
        As for `fit`.

    See Also
    --------
    fit_path : Many decays, from this one down.

    Examples
    --------
    >>> round(decay_max([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]), 6)
    0.333333
    """
    options = options_of(points, loss, affine, affine_decay, metric)
    return largest_useful_decay(LossProblem.of(points, values, sample_weight, options), Limits())
