"""The parser of the command line: argparse, whose errors say what was expected, what came, and what to do."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """The parser of argparse with errors in plain words, and the nearest thing that is known."""

    def error(self, message: str) -> NoReturn:
        """
        Print usage and an error, and leave with exit status 2.

        Parameters
        ----------
        message : str
            What argparse has to say.
        """
        self.print_usage(sys.stderr)
        self.exit(2, f"radon-nn: error: {_plainly(message, self)}\n")

    def known_options(self) -> list[str]:
        """All long options, of this parser and of every command."""
        parsers = [self, *self.commands()]
        return sorted({option for parser in parsers for option in parser._option_string_actions if option[:2] == "--"})

    def commands(self) -> list[argparse.ArgumentParser]:
        """The parsers of the commands."""
        choices = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return [parser for known in choices for parser in known.values()]


def _plainly(message: str, parser: Parser) -> str:
    """An error of argparse in plain words."""
    chosen = re.match(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message)
    if chosen:
        names = [name.strip(" '") for name in chosen[3].split(",")]
        near = difflib.get_close_matches(chosen[2], names, 1, 0.5)
        return f"{chosen[1].split('/')[-1]}: expected one of {', '.join(names)}, got {chosen[2]!r}{_suggestion(near)}"
    number = re.match(r"argument (\S+): invalid (int|float) value: (.*)", message)
    if number:
        kind = "a whole number" if number[2] == "int" else "a number"
        return f"argument {number[1]}: expected {kind}, got {number[3]}; write it in digits"
    unknown = re.match(r"unrecognized arguments: (\S+)", message)
    if unknown:
        near = difflib.get_close_matches(unknown[1].partition("=")[0], parser.known_options(), 1, 0.6)
        remedy = _suggestion(near) or "; --help after the command lists its options"
        return f"expected an option that the command has, got {unknown[1]}{remedy}"
    missing = re.match(r"the following arguments are required: (.*)", message)
    if missing:
        return f"expected {missing[1]}, got none; {parser.prog} --help says more"
    return re.sub(r"(argument \S+): expected one argument", r"\1: expected a value after it, got none", message)


def _suggestion(near: list[str]) -> str:
    return f"; did you mean {near[0]}?" if near else ""
