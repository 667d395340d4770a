"""How Sphinx builds the site: `python -m sphinx -W --keep-going -n -b html docs docs/_build/html`."""

import sys
from pathlib import Path

import radon_nn

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from lesson_gallery import NUMBERS, SavedPictures

project = "radon_nn"
author = "The radon_nn developers"
copyright = "the radon_nn developers; BSD-3-Clause"
version = release = radon_nn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "numpydoc",
    "myst_parser",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "docstring_markup",
    "command_pages",
    "lesson_gallery",
]
exclude_patterns = ["_build", "_lessons", "README.md"]
templates_path = ["_templates"]
html_static_path = ["_static"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

# Names are links to this site only: an inventory of another project would have to be fetched while the site is built.
# So types that others define are shown without a link, and so are those that no page describes by design.
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(np|numpy|npt|scipy|matplotlib|torch|dask|da|distributed|sklearn|zarr|typing|t|collections|abc|os|pathlib)\..*",
    ),
    (
        r"py:.*",
        r"(Any|Callable|Iterable|Iterator|Mapping|Sequence|Literal|Path|ArrayLike|NDArray|Generator|Self|TypeVar)",
    ),
    # Inner types: a Dask operator keeps its tasks in groups, a client is what has a client's methods, and the chunks of
    # an array are tuples of numbers. Users of the API make none of these.
    (r"py:class", r"(.*\.)?(Group|Client|Chunks)"),
]

autodoc_typehints = "signature"
autodoc_type_aliases = {
    name: name
    for name in (
        "Array",
        "Domain",
        "Floats",
        "Function",
        "Indices",
        "Mask",
        "Progress",
        "Standing",
        "Verdict",
        "ArrayLike",
    )
}
python_maximum_signature_line_length = 88
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_validation_checks = set()

html_theme = "pydata_sphinx_theme"
html_title = "radon_nn"
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_toc_level": 2,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "words": []}

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# The lessons are run only where the build is asked to: -D plot_gallery=1, with
# -D sphinx_gallery_conf.filename_pattern=21_ those alone whose names match.
plot_gallery = "False"
sphinx_gallery_conf = {
    "examples_dirs": "_lessons",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": (SavedPictures(), "matplotlib"),
    "capture_repr": (),
    "default_thumb_file": str(NUMBERS),
    "min_reported_time": 3600,  # seconds: the time of a lesson on the machine of the build tells a reader nothing
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "show_signature": False,
    "show_memory": False,
    "download_all_examples": False,
    "write_computation_times": False,
    "nested_sections": False,
}
