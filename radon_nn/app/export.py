"""The simple panels as files for a web page, which need no server and no Python."""

from __future__ import annotations

import re
from pathlib import Path

from radon_nn._support.files import whole_file
from radon_nn.app import assets

_EXPORT = re.compile(r"^export ", re.MULTILINE)


def export(folder: Path) -> list[Path]:
    """
    Write the page into a folder: one neuron, data as curves, and backprojection, computed in the browser.

    Parameters
    ----------
    folder : Path
        Made if it is not there; files of the same names are replaced, and no others touched.

    Returns
    -------
    list of Path
        The files. index.html also opens from a disk, without a web server.

    Raises
    ------
    OSError
        If a file cannot be written.

    See Also
    --------
    radon_nn.app.serving.serve : The whole playground, with a server.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in export(Path(folder))]
    ['index.html', 'lecture.js', 'style.css']
    """
    # Browsers load no modules from a disk, so the modules become one plain script, closed in itself.
    script = _EXPORT.sub("", assets.module("mathematics", "drawing", "panel", "probe", "panels", "controls", "lecture"))
    contents = {
        "index.html": assets.text("lecture.html"),
        "lecture.js": f'"use strict";\n(() => {{\n{script}}})();\n',
        "style.css": assets.text("style.css"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        with whole_file(folder / name) as file:
            file.write_text(content, encoding="utf-8")
    return [folder / name for name in contents]
