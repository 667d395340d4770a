"""Where the text of a figure is, as the Agg renderer draws it."""

from typing import Any
from unittest import mock

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text


def text_outside(figure: Figure, slack: float = 1.0) -> list[str]:
    """
    Texts that are drawn and reach beyond the figure's edges by more than `slack` pixels.

    A pixel is the margin of the box about the ink that hinting and antialiasing take.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    outside = []
    plain = Text.draw

    def recorded(self: Text, renderer: Any, *more: Any, **options: Any) -> None:
        plain(self, renderer, *more, **options)
        if self.get_visible() and self.get_text().strip():
            box = self.get_window_extent(renderer)
            if box.x0 < -slack or box.y0 < -slack or box.x1 > width + slack or box.y1 > height + slack:
                outside.append(f"{self.get_text()!r} at {box.x0:.0f}..{box.x1:.0f}, {box.y0:.0f}..{box.y1:.0f}")

    with mock.patch.object(Text, "draw", recorded):
        canvas.draw()
    return outside
