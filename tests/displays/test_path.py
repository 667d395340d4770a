"""Pictures of paths of fits."""

from __future__ import annotations

from dataclasses import replace

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


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_no_fit_lies_below_the_lines_through_dots(loss: str) -> None:
    """Of any decay, those between the dots included, which lie below the curve's chords; each line has its dot."""
    fits = path(loss)
    display = plot.TradeOffDisplay.from_fits(fits)
    slack = max(fit.gap for fit in fits) + 1e-12
    others = [fit.objective - fit.decay * penalty(fit) for fit in fits]
    for fit, segment in zip(fits[::-1], display.supports.get_segments(), strict=True):
        (x0, y0), (x1, y1) = np.asarray(segment)
        assert x0 <= penalty(fit) <= x1
        for other, loss_of_other in zip(fits, others, strict=True):
            for x, y in ((x0, y0), (x1, y1)):
                assert loss_of_other >= y - fit.decay * (penalty(other) - x) - 2 * slack
        assert y0 - y1 == pytest.approx(fit.decay * (x1 - x0), abs=1e-12)


def penalty(fit: Fit | LossFit) -> float:
    return fit.penalty if isinstance(fit, LossFit) else fit.rtv


def test_the_whole_picture() -> None:
    figure = plot.path_overview(path("logistic"), title="Labels")
    assert len(figure.axes) == 2
    assert "sum of losses (logistic)" in figure.axes[1].get_ylabel()
    assert "R-TV" in figure.axes[1].get_xlabel()
    assert "4 fits" in figure.get_supxlabel()
    assert "(certified)" in figure.get_supxlabel()
    # A fit in seven dimensions may be certified, so that the number of inputs is not the reason.
    unproven = [replace(fit, certified=False) for fit in path("logistic")]
    assert "(the gaps of some are not closed by proof)" in plot.path_overview(unproven).get_supxlabel()  # type: ignore[type-var]
    assert "R-TV" not in plot.TradeOffDisplay.from_fits(path("huber", metric=[2.0])).ax.get_xlabel()


def test_what_is_no_path() -> None:
    with pytest.raises(ValueError, match="path: expected fits of positive decays, got none"):
        plot.path_overview([])
    with pytest.raises(ValueError, match="got an interpolation"):
        plot.PathDisplay.from_fits([interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])])
