"""Pictures of paths of fits."""

from __future__ import annotations

import numpy as np
import pytest

from radon_nn import Fit, LossFit, fit_path, interpolate, plot

DECAYS = [0.4, 0.2, 0.1, 0.05]


def path(loss: str, outputs: int = 1, **options: object) -> list[Fit] | list[LossFit]:
    """Fits to random data, smallest decay first."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (16, 1))
    y = np.abs(x) * np.arange(1, outputs + 1) + 0.1 * rng.standard_normal((16, outputs))
    values = y[:, 0] if outputs == 1 else y
    if loss in ("logistic", "squared_hinge"):
        values = (values > np.median(values)) ^ (np.arange(16) % 5 == 0)
    return fit_path(x, values, decays=DECAYS[::-1], loss=loss, tol=1e-6, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("loss", "outputs", "options"),
    [("squared", 1, {}), ("squared", 2, {}), ("logistic", 1, {}), ("huber", 1, {"affine": "constant"})],
)
def test_dots_are_the_fits(loss: str, outputs: int, options: dict[str, object]) -> None:
    fits = path(loss, outputs, **options)
    display = plot.PathDisplay.from_fits(fits)
    drawn = np.concatenate([np.asarray(part.get_offsets()) for part in display.markers])
    measures = [(fit.decay, fit.measure) for fit in fits]
    wanted = [(at, m) for at, part in measures for m in (part.masses[:, 0] if outputs == 1 else part.sizes)]
    np.testing.assert_allclose(sorted(map(tuple, drawn)), sorted(wanted))
    assert display.ax.xaxis_inverted()
    assert display.ax.get_xscale() == "log"


@pytest.mark.parametrize("loss", ["squared", "logistic", "quantile", "squared_hinge"])
def test_the_slope_of_loss_over_penalty_is_minus_the_decay(loss: str) -> None:
    """Chords of the curve have slopes between minus the decays of their ends: each end is optimal for its decay."""
    fits = path(loss)
    curve = plot.TradeOffDisplay.from_fits(fits).curve
    penalty, value = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())
    slack = max(fit.gap for fit in fits) + 1e-12
    for k in range(len(DECAYS) - 1):
        run, fall = penalty[k + 1] - penalty[k], value[k] - value[k + 1]
        assert run >= -2 * slack / DECAYS[k + 1]
        assert DECAYS[k + 1] * run - slack <= fall <= DECAYS[k] * run + slack


def test_the_whole_picture() -> None:
    figure = plot.path_overview(path("logistic"), title="Labels")
    assert len(figure.axes) == 2
    assert "sum of losses (logistic)" in figure.axes[1].get_ylabel()
    assert "R-TV" in figure.axes[1].get_xlabel()
    assert "4 fits" in figure.get_supxlabel()
    assert "R-TV" not in plot.TradeOffDisplay.from_fits(path("huber", metric=[2.0])).ax.get_xlabel()


def test_what_is_no_path() -> None:
    with pytest.raises(ValueError, match="path: expected fits of positive decays, got none"):
        plot.path_overview([])
    with pytest.raises(ValueError, match="got an interpolation"):
        plot.PathDisplay.from_fits([interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])])
