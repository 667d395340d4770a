"""Pictures that move: frames on one figure, written as GIF or as a page with a player, by matplotlib alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.animation import FuncAnimation, PillowWriter

from radon_nn._support import checks
from radon_nn.displays.picture import Picture

_EMBED = 100.0
"""Megabytes that an HTML film may have: 25 frames take about one."""
_DPI = 80
"""Dots per inch of the frames: some 900 points across, so that a film of 100 frames takes a few megabytes."""


class Animated(ABC):
    """
    A figure whose frames can be drawn one by one; a notebook shows it as a player.

    Attributes
    ----------
    figure : Picture
        The figure on which every frame is drawn.
    """

    figure: Picture

    @abstractmethod
    def __len__(self) -> int:
        """Number of frames."""

    @abstractmethod
    def frame(self, index: int) -> Picture:
        """
        Draw one frame.

        Parameters
        ----------
        index : int
            Which, from 0; negative ones from the end.

        Returns
        -------
        Picture
            The figure; the next frame is drawn on the same one.

        Raises
        ------
        IndexError
            If there is no such frame.
        """

    def html(self, *, fps: float = 8.0) -> str:
        """
        The film as a page with a player, without any other file.

        Parameters
        ----------
        fps : float
            Frames a second.

        Returns
        -------
        str
            HTML, with the frames as PNG.
        """
        with rc_context({"animation.embed_limit": _EMBED, "savefig.dpi": _DPI}):
            page: str = self._animation().to_jshtml(fps=_rate(fps), default_mode="loop")
        return page

    def save(self, path: Path | str, *, fps: float = 8.0) -> None:
        """
        Write the film: .gif, or .html with a player.

        Parameters
        ----------
        path : path
            The file; its ending says which.
        fps : float
            Frames a second.

        Raises
        ------
        ValueError
            If the name ends otherwise.
        """
        where = Path(path)
        if where.suffix.lower() == ".gif":
            self._animation().save(where, writer=PillowWriter(fps=_rate(fps)), dpi=_DPI)
        elif where.suffix.lower() in (".html", ".htm"):
            where.write_text(self.html(fps=fps), encoding="utf-8")
        else:
            raise ValueError(f"film: expected a name that ends in .gif or .html, got {where.name}")

    def _repr_html_(self) -> str:
        return self.html()

    def _animation(self) -> FuncAnimation:
        def update(index: int) -> Sequence[Any]:
            self.frame(index)
            return ()

        return FuncAnimation(self.figure, update, frames=len(self), blit=False)


def _rate(fps: float) -> Any:
    """Frames a second; matplotlib takes any positive number, though its types say whole ones."""
    return checks.positive(fps, "fps")
