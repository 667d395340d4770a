"""The paper cites what its bibliography holds, and the citation file names the package's version."""

import re
from pathlib import Path

import radon_nn

ROOT = Path(__file__).parents[2]


def test_every_reference_is_cited_and_listed() -> None:
    paper = (ROOT / "paper" / "paper.md").read_text(encoding="utf-8")
    listed = re.findall(r"^@\w+\{(\w+),", (ROOT / "paper" / "paper.bib").read_text(encoding="utf-8"), re.M)
    cited = set(re.findall(r"@([a-z]+[0-9]*)\b", paper.partition("# Summary")[2]))
    assert len(listed) == len(set(listed))
    assert cited == set(listed)


def test_figures_of_the_paper_are_those_of_the_benchmarks() -> None:
    paper = (ROOT / "paper" / "paper.md").read_text(encoding="utf-8")
    files = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").glob("*.txt"))
    for figure in ("479", "1422", "3.999996", "4.001249", "1.718728", "1.718827", "1.719487"):
        assert figure in paper, figure
        assert figure in files, figure


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {radon_nn.__version__}" in citation
    assert f"version = {{{radon_nn.__version__}}}" in (ROOT / "docs" / "cite.md").read_text(encoding="utf-8")
