"""Figures that show themselves: in a notebook, or in a window, without pyplot keeping them."""

from __future__ import annotations

import io
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.registry import backend_registry
from matplotlib.figure import Figure

_DPI = 72
"""Dots per inch in a notebook, which IPython takes as well."""


class Picture(Figure):
    """
    A figure that a notebook shows as the value of a cell, and `show` shows from a script.

    Pyplot does not know it, so that it needs no closing, and the user's backend is as it was.

    Parameters
    ----------
    *args, **kwargs : Any
        As for `matplotlib.figure.Figure`.
    """

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        canvas: FigureCanvasBase = self.canvas
        try:
            FigureCanvasAgg(self)
            self.savefig(stream, format="png", dpi=_DPI)
        finally:
            self.set_canvas(canvas)
        return stream.getvalue()

    def show(self, warn: bool = True) -> None:
        """
        Show the picture: in a notebook below the cell, otherwise in a window of the user's backend until it is closed.

        Where the backend has no windows, a file is written and handed to the system's viewer.

        Parameters
        ----------
        warn : bool
            Whether to say where the file is, if it comes to that.
        """
        if _in_notebook():
            sys.modules["IPython"].display.display(self)
            return
        name = matplotlib.get_backend()
        registry: Any = backend_registry
        canvas_class: Any = registry.load_backend_module(name).FigureCanvas
        if getattr(canvas_class, "required_interactive_framework", None) is None:
            self._show_as_file(warn)
            return
        self._show_in_window(canvas_class)

    def _show_in_window(self, canvas_class: Any) -> None:
        """Lend the figure to pyplot for as long as its window is open: backends end their main loop by that list."""
        from matplotlib._pylab_helpers import Gcf

        canvas, number = self.canvas, max(Gcf.figs, default=0) + 1
        active = Gcf.get_active()
        manager = canvas_class.new_manager(self, number)
        Gcf.set_active(manager)
        try:
            canvas_class.manager_class.pyplot_show(block=True)
        finally:
            Gcf.destroy(number)
            if active is not None and active.num in Gcf.figs:
                Gcf.set_active(active)
            self.set_canvas(canvas)

    def _show_as_file(self, warn: bool) -> None:
        with tempfile.NamedTemporaryFile(prefix="radon_nn_", suffix=".png", delete=False) as file:
            file.write(self._repr_png_())
        opened = webbrowser.open(Path(file.name).as_uri())
        if warn:
            said = "opened in the system's viewer" if opened else "no viewer was found to open it"
            print(
                f"picture: {file.name} ({said}; the backend {matplotlib.get_backend()} has no windows)", file=sys.stderr
            )


def _in_notebook() -> bool:
    """Whether this runs in a kernel of IPython, which displays values."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")
