"""The directive `command-help`: what each command of `radon-nn` prints with --help, from its own parser."""

from __future__ import annotations

import os

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from radon_nn.cli.arguments import command_parser


class CommandHelp(Directive):
    """A section for each command, with its help as it is printed."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        os.environ["COLUMNS"] = "90"  # argparse wraps its help at this width
        sections: list[nodes.Node] = []
        for command in command_parser().commands():
            name = command.prog.removeprefix("radon-nn ")
            section = nodes.section(ids=[f"radon-nn-{name}"], names=[f"radon-nn-{name}"])
            section += nodes.title("", command.prog)
            section += nodes.literal_block("", command.format_help(), language="text")
            sections.append(section)
        return sections


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True}
