"""`radon-nn demo`: four networks fitted to real data, or a lesson."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from radon_nn import plot
from radon_nn._support.files import shipped, whole_file
from radon_nn._support.wording import counted
from radon_nn.cli.arguments import refuse
from radon_nn.cli.lesson_scripts import Lesson, give, lesson, lessons
from radon_nn.cli.lesson_text import LessonText, parts_of, plain, questions
from radon_nn.cli.notebooks import write_notebook
from radon_nn.cli.pictures import require_folder, write
from radon_nn.cli.progress import to_stderr
from radon_nn.geometry.domains import Ball
from radon_nn.io import load
from radon_nn.networks.shallow import ShallowNetwork

_SHIPPED = ("terrain", "tumour", "topography_nodecay", "topography_decay")
_SAME = 1e-6
"""Neurons of trained networks whose hyperplanes are this near are one spike: single precision leaves 1e-7 of noise."""


def run(arguments: argparse.Namespace) -> None:
    """
    Draw four networks and print a table of their spikes and R-TV; or list lessons, run one, or write its notebook.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    folder = Path("radon-nn-demo") if arguments.out is None else arguments.out
    if arguments.list:
        refuse(arguments, "lesson out n format notebook answers", "a list of lessons")
        _list_lessons()
    elif arguments.lesson is not None:
        _one_lesson(arguments, folder)
    else:
        refuse(arguments, "notebook answers", "the four networks", "name a lesson")
        _draw_networks(folder, 256 if arguments.n is None else arguments.n, arguments.format or "png")
        print()
        _list_lessons()


def _draw_networks(folder: Path, n: int, kind: str) -> None:
    require_folder(folder)
    ball, pictures, networks = Ball(1.0), [], []
    lines = [f"{'network':<20} {'neurons':>8} {'spikes':>7} {'path norm':>10} {'R-TV':>10}   (on the unit disc)"]
    for name in _SHIPPED:
        network = load(shipped(f"{name}.npz"))
        assert isinstance(network, ShallowNetwork)
        measure = network.measure().merged(_SAME, unit=1.0).restricted(ball)
        networks.append((f"{name}: {counted(network.neurons, 'neuron')}", network, measure))
        lines.append(
            f"{name:<20} {network.neurons:>8} {len(measure):>7} {network.path_norm:>10.4f} {measure.rtv:>10.4f}"
        )
        pictures.append(folder / f"{name}.{kind}")
        write(plot.overview(network, measure, domain=ball, n=n, title=networks[-1][0]), pictures[-1])
        to_stderr(f"drawn: {pictures[-1]}, {len(pictures)} of {len(_SHIPPED) + 1}")
    pictures.append(folder / f"weight_decay.{kind}")
    write(plot.comparison(networks[2:], domain=ball, n=n), pictures[-1])
    table = folder / "table.txt"
    with whole_file(table) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    print("The last two are one network, trained on the same data without and with weight decay: decay leaves few")
    print(f"distinct spikes and a small R-TV. See {pictures[-1]}")
    print("After training with decay, a last step merged neurons that split the data alike and refitted the masses")
    print(
        "(data/make_topography.py). Your own training leaves them nearly coincident, which lists many spikes; --merge "
        "TOL joins them."
    )
    print(f"table: {table}")
    print("pictures: " + ", ".join(map(str, pictures)))


def _list_lessons() -> None:
    print("lessons, each a claim of the theory, a number and a picture: radon-nn demo LESSON")
    for entry in lessons():
        duration = f"{entry.seconds} s" if entry.seconds < 90 else f"{round(entry.seconds / 60)} min"
        print(f"  {entry.name:<28} {duration:>6}  {entry.title}")


def _one_lesson(arguments: argparse.Namespace, folder: Path) -> None:
    chosen = lesson(arguments.lesson)
    if arguments.notebook is not None:
        refuse(arguments, "n out format answers", "a notebook")
        write_notebook(_text_of(chosen), arguments.notebook)
        print(f"notebook: {arguments.notebook}")
    elif arguments.answers:
        refuse(arguments, "n out format", "answers")
        print(_readable(questions(_text_of(chosen).exercises, answers=True)))
        print(f"\nthe code runs at the end of the notebook: radon-nn demo {chosen.name} --notebook {chosen.name}.ipynb")
    else:
        refuse(arguments, "n", "a lesson")
        _run_lesson(chosen, folder, arguments.format or "png")


def _run_lesson(chosen: Lesson, folder: Path, kind: str) -> None:
    """Print the story, the numbers, where the picture is, and the questions."""
    require_folder(folder)
    text, picture = _text_of(chosen), folder / f"{chosen.name}.{kind}"
    print(f"{_heading(chosen.title, '=')}\n\n{_readable(text.story)}")
    steps = "\n\n".join(block.text for block in text.blocks if block.text)
    if steps:
        print(f"\n{_heading('How the script does it')}\n\n{_readable(steps)}")
    print(f"\n{_heading('The numbers')}\n", flush=True)
    with whole_file(picture) as temporary:
        give(chosen, temporary)
    print(f"\npicture: {picture}")
    if text.exercises:
        print(f"\n{_heading('Exercises')}\n\n{_readable(questions(text.exercises, answers=False))}")
        print(f"\nanswers: radon-nn demo {chosen.name} --answers")


def _text_of(chosen: Lesson) -> LessonText:
    return parts_of(chosen.path.read_text(encoding="utf-8"))


def _heading(text: str, line: str = "-") -> str:
    return f"{text}\n{line * len(text)}"


def _readable(text: str) -> str:
    """The text for the terminal, which may not be able to show what is outside ASCII."""
    shown = plain(text)
    try:
        shown.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return plain(text, ascii_only=True).encode("ascii", "replace").decode()
    return shown
