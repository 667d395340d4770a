"""The answers to the lessons' exercises, run."""

import doctest
from pathlib import Path

import pytest

from example_scripts import EXAMPLES, example
from radon_nn.cli.lesson_scripts import Lesson, lessons
from radon_nn.cli.lesson_text import parts_of, questions

LESSONS = lessons()


def exercises(lesson: Lesson) -> str:
    return parts_of(lesson.path.read_text(encoding="utf-8")).exercises


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_answers_hold(lesson: Lesson) -> None:
    if not exercises(lesson):
        pytest.skip("no exercises")
    if "sklearn" in lesson.path.read_text(encoding="utf-8"):
        pytest.importorskip("sklearn")
    names = dict(vars(example(lesson.path.stem)))
    test = doctest.DocTestParser().get_doctest(exercises(lesson), names, lesson.name, str(lesson.path), 0)
    assert test.examples
    runner = doctest.DocTestRunner(verbose=False)
    assert runner.run(test).failed == 0


def test_every_question_has_an_answer() -> None:
    for lesson in LESSONS:
        text = exercises(lesson)
        assert text.count("*Answer.*") == len(questions(text, answers=False).split("\n\n")) > 0


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("[0-9]*.py")), ids=lambda path: path.stem)
def test_the_text_of_examples_is_sound_restructuredtext(path: Path) -> None:
    core = pytest.importorskip("docutils.core")
    text = parts_of(path.read_text(encoding="utf-8"))
    for piece in (text.story, *(block.text for block in text.blocks), text.exercises):
        core.publish_doctree(piece, settings_overrides={"halt_level": 2, "report_level": 5})
