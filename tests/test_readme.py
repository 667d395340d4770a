"""The README's code runs as it stands, its commands exist, its links lead somewhere; tests/docs sees to the site."""

import re
import shlex
from pathlib import Path

import pytest

from radon_nn import Ball, ShallowNetwork, load
from radon_nn.cli.command import main
from radon_nn.io import shipped

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.S))
def test_python_blocks_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if "pandas" in code:
        pytest.importorskip("pandas")
        pytest.importorskip("sklearn")
    exec(compile(code, "README.md", "exec"), {})
    if "pandas" in code:
        assert (tmp_path / "network.png").stat().st_size > 10_000
        table = (tmp_path / "spikes.csv").read_text(encoding="utf-8").splitlines()
        assert table[0].startswith("mass,offset,angle,direction_bmi,direction_bp")
        assert len(table) > 10


@pytest.mark.slow
@pytest.mark.full
def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    commands = re.findall(r"^radon-nn (?!demo)(.*)$", README, re.M)
    assert len(commands) == 3
    for command in commands:
        assert main(shlex.split(command.partition(" > ")[0])) == 0


def test_the_newcomer_commands_are_marked() -> None:
    for name in ("run", "test"):
        assert re.search(rf"<!-- newcomer: {name} -->\n```sh\n(.+\n)+```", README)


def test_it_fits_a_screen_or_two() -> None:
    assert len(README.splitlines()) < 100


def test_links_lead_to_files_and_headings() -> None:
    for target in re.findall(r"\]\(([^):]+)\)", README):
        path, _, heading = target.partition("#")
        assert (ROOT / path).exists(), target
        headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(encoding="utf-8"), re.M) if heading else []
        assert not heading or heading in {title.lower().replace(" ", "-") for title in headings}, target


def test_the_figures_under_the_picture() -> None:
    """Neurons, and spikes on the disc, of the two networks shipped, with coincident ones joined as the picture does."""
    for name, spikes in (("nodecay", "162 spikes without"), ("decay", "14 with")):
        network = load(shipped(f"topography_{name}.npz"))
        assert isinstance(network, ShallowNetwork)
        measure = network.measure().merged(1e-6, unit=1.0).restricted(Ball(1.0))
        assert network.neurons == 256
        assert spikes.startswith(f"{len(measure)} ")
        assert spikes in README
