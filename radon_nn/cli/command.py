"""The command radon-nn: runs what the command line asks for, and turns errors into messages and exit statuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from radon_nn.cli.arguments import Run, command_parser
from radon_nn.cli.progress import signs_of_life
from radon_nn.cli.wording import in_words_of_the_shell


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process if not given.

    Returns
    -------
    int
        0 if it worked, 1 if the input or the machine was at fault, 2 if the arguments were, 3 if the tolerance asked
        for was not met or Ctrl-C ended a search: the best result so far is printed.
    """
    try:
        arguments = command_parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        with signs_of_life(f"radon-nn {arguments.command}"):
            return _run_of(arguments.command)(arguments) or 0
    except BrokenPipeError:
        # The reader of the output has stopped; flushing what is left at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, IndexError, ArithmeticError, MemoryError, OSError, ImportError) as error:
        print(f"radon-nn: error: {in_words_of_the_shell(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("radon-nn: interrupted; nothing was written", file=sys.stderr)
        return 1


def _run_of(command: str) -> Run:
    """A command's function, imported only now: pictures need matplotlib, `info` and --help do not."""
    if command == "info":
        from radon_nn.cli import info

        return info.run
    if command == "show":
        from radon_nn.cli import show

        return show.run
    if command == "spikes":
        from radon_nn.cli import spikes

        return spikes.run
    if command == "rtv":
        from radon_nn.cli import value

        return value.run
    if command == "fit":
        from radon_nn.cli import fit

        return fit.run
    if command == "completion":
        from radon_nn.cli import completion

        return completion.run
    if command == "plan":
        from radon_nn.cli import plan

        return plan.run
    if command == "playground":
        from radon_nn.cli import playground

        return playground.run
    if command == "warm-up":
        from radon_nn.cli import warm_up

        return warm_up.run
    from radon_nn.cli import demo

    return demo.run


if __name__ == "__main__":
    sys.exit(main())
