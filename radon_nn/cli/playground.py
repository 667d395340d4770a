"""`radon-nn playground`: a page in the browser on which data, kinks and spikes are dragged."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from radon_nn.cli.arguments import refuse

if TYPE_CHECKING:
    from radon_nn.app.slices import SlicedNetwork


def run(arguments: argparse.Namespace) -> None:
    """
    Serve the playground until Ctrl-C, or write the page that needs no server.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    if arguments.export is not None:
        refuse(arguments, "port host no-browser allow-host root-path", "pages that are written to a folder")
        if arguments.file is not None:
            raise ValueError(f"--export: expected no network, got {arguments.file}; leave it out")
        _export(arguments.export)
        return
    from radon_nn.app.serving import serve

    if arguments.file is None:
        refuse(arguments, "activation layout layers prefix output keep-sigmoid layer", "a playground without a file")
    serve(
        "127.0.0.1" if arguments.host is None else arguments.host,
        0 if arguments.port is None else arguments.port,
        hosts=frozenset(name.lower() for name in arguments.allow_host or ()),
        root_path=arguments.root_path or "",
        opened=None if arguments.file is None else _opened(arguments),
        browser=not arguments.no_browser,
        say=_say,
    )


def _say(line: str) -> None:
    print(line, flush=True)


def _export(folder: Path) -> None:
    from radon_nn.app.export import export

    for file in export(folder):
        print(file)


def _opened(arguments: argparse.Namespace) -> SlicedNetwork:
    """The network of the file, its output chosen."""
    from radon_nn.app.slices import SlicedNetwork
    from radon_nn.cli.network import entry_asked, understood

    network = understood(arguments).network
    entry = entry_asked(arguments)
    if entry is not None:
        network = network.output(entry)
    return SlicedNetwork(network, arguments.file.name)
