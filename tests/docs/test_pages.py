"""The code of the site's pages runs as it stands, and its commands exist."""

import doctest
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from radon_nn import ShallowNetwork, save
from radon_nn.cli.command import main
from radon_nn.variation.route_table import ROUTES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("[!_]*/*.md")])
NEEDS = {
    "torch": "torch",
    "radon_nn.torch": "torch",
    "radon_nn.dask": "dask",
    "sklearn": "sklearn",
    "radon_nn.estimators": "sklearn",
    "pandas": "pandas",
    "model.onnx": "onnx",
}


def blocks(language: str) -> list[tuple[str, str]]:
    """The code blocks of all pages, but for those marked no-run, as (page, code)."""
    pages = [(page, page.read_text(encoding="utf-8")) for page in PAGES]
    return [
        (page.relative_to(DOCS).as_posix(), code)
        for page, text in pages
        for code in re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)
    ]


def write_onnx(path: str) -> None:
    """A network of two inputs and three neurons, as an ONNX file."""
    onnx = pytest.importorskip("onnx")
    rng = np.random.default_rng(0)
    arrays = {"W": (3, 2), "b": (3,), "V": (1, 3)}
    tensors = [
        onnx.numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)
        for name, shape in arrays.items()
    ]
    nodes = [
        onnx.helper.make_node("Gemm", ["x", "W", "b"], ["u"], transB=1),
        onnx.helper.make_node("Relu", ["u"], ["h"]),
        onnx.helper.make_node("Gemm", ["h", "V"], ["y"], transB=1),
    ]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", size])
        for name, size in (("x", 2), ("y", 1))
    ]
    graph = onnx.helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)]), path)


def run(code: str, page: str, folder: Path) -> None:
    """Run the code of a page in a folder of its own, if what it needs is installed."""
    for word, package in NEEDS.items():
        if word in code:
            pytest.importorskip(package)
    if "model.onnx" in code:
        write_onnx("model.onnx")
    exec(compile(code, page, "exec"), {"__name__": "__page__"})


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_blocks_run(page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(code, page, tmp_path)


@pytest.mark.slow
@pytest.mark.full
def test_the_words_are_used_as_the_page_says() -> None:
    failed, tried = doctest.testfile(str(DOCS / "words.md"), module_relative=False)
    assert failed == 0
    assert tried > 20


def commands() -> list[tuple[str, str]]:
    """Each command of `radon-nn` on a page, once."""
    lines = [(page, line) for page, code in blocks("sh") for line in code.splitlines()]
    found = {
        line: page for page, line in lines if line.startswith("radon-nn ") and not line.startswith("radon-nn demo")
    }
    return [(page, line) for line, page in found.items()]


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("page", "command"), commands())
def test_commands_run(page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    network = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])
    save("network.npz", network)
    save("fitted.npz", network)
    functions = next(code for name, code in blocks("python") if name == "howto/rtv_of_a_function.md")
    Path("functions.py").write_text(functions[: functions.index("print(")], encoding="utf-8")
    Path("samples.csv").write_text("x,y\n0,0\n1,1\n2,0\n", encoding="utf-8")
    rows = np.random.default_rng(0).uniform(-1, 1, (40, 3))
    np.savetxt("data.csv", rows, delimiter=",", header="east,height,north", comments="")
    words = shlex.split(command.partition(" > ")[0])[1:]
    assert main(words) == 0


def test_each_page_is_in_a_table_of_contents() -> None:
    texts = {page.relative_to(DOCS).with_suffix("").as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
    listed = set()
    for name, text in texts.items():
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", text, re.S):
            listed |= {
                (Path(name).parent / line).as_posix() for line in tree.splitlines() if line and not line.startswith(":")
            }
    assert set(texts) - {"index"} <= listed


def test_links_within_the_site_lead_to_pages() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_page_of_routes_has_the_table_of_the_code() -> None:
    text = (DOCS / "theory" / "routes.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in text.splitlines() if line.startswith("| `")]
    assert rows == [[f"`{route.name}`", route.takes, ", ".join(route.options), route.worth] for route in ROUTES]


def test_every_word_of_a_result_has_a_heading() -> None:
    text = (DOCS / "words.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (.*)$", text, re.M))
    assert headings == {"exact", "certified", "estimated", "statistical", "upper bound", "unresolved", "infinite"}
