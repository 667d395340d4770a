"""
Docstrings and the texts of lessons as reStructuredText.

`|x|` is a norm and no substitution, `coef_` a name and no hyperlink, a star alone is a product; `name` is a link where
the site has the name, and `docs/words.md`, as help() prints it, a link to that page by its title. Members that a class
inherits from another project are left to that project.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.inspect import TypeAliasForwardRef

# What reStructuredText reads literally: ``code``, :role:`text`, `name`, and a hyperlink's `text <target>`_.
_LITERAL = re.compile(r"``.+?``|(?::[\w:]+:)?`[^`]+`_{0,2}", re.S)
_TABLE = re.compile(r"^\s*[+|].*[+|]\s*$")


_EMPHASIS = re.compile(r"(?<![\w*])\*[^\s*][^*\n]*(?<=\S)\*(?!\w)|\*\*[^*\n]+\*\*")


def escape(line: str) -> str:
    r"""
    A line of a docstring with every sign escaped that reStructuredText would take for markup.

    Parameters
    ----------
    line : str
        The line.

    Returns
    -------
    str
        The line with `\|`, `\*` and `\_` where the signs mean themselves.
    """
    parts, end = [], 0
    for literal in _LITERAL.finditer(line):
        parts += [_escape_prose(line[end : literal.start()]), literal[0]]
        end = literal.end()
    return "".join(parts) + _escape_prose(line[end:])


def _escape_prose(text: str) -> str:
    text = re.sub(r"(?<=\w)_(?!\w)", r"\_", text.replace("|", r"\|"))
    parts, end = [], 0
    for emphasis in _EMPHASIS.finditer(text):
        parts += [text[end : emphasis.start()].replace("*", r"\*"), emphasis[0]]
        end = emphasis.end()
    return "".join(parts) + text[end:].replace("*", r"\*")


def _escape_lines(lines: list[str]) -> list[str]:
    """Escape prose; leave directives, literal blocks, doctests and tables as they are."""
    result, literal, doctest = [], -1, False
    for line in lines:
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if text and literal >= 0 and indent <= literal:
            literal = -1
        doctest = bool(text) and (doctest or text.startswith(">>>"))
        directive = text.startswith(".. ")
        ruled = _TABLE.match(line) or set(text) <= set("=- ") or text == "|"  # Sphinx-Gallery's empty lines are bars
        prose = text and literal < 0 and not (doctest or directive or ruled)
        result.append(escape(line) if prose else line)
        if literal < 0 and (directive or text.endswith("::")):
            literal = indent
    return result


def _escape_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = _escape_lines(lines)


def _escape_lesson(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname.startswith("gallery/"):
        text = "\n".join(_escape_lines(source[0].split("\n")))
        # Exercises are numbered paragraphs: as a list, one of a single line would look unlike the others.
        text = re.sub(r"^(\d+)\. ", r"**\1.** ", text, flags=re.M)
        source[0] = f":html_theme.sidebar_secondary.remove: true\n\n{text}"  # which leaves more room for code


def _leave_out_inherited(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what a class of another project defines."""
    module = getattr(getattr(obj, "fget", obj), "__module__", None) or ""
    return None if module.startswith("radon_nn") or not module else True


class Name(SphinxRole):
    """The role of text in single backticks: a link if the site describes the name, and code in any case."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a reference that is resolved when all pages are read."""
        if page := re.fullmatch(r"docs(/[\w/]+)\.md", self.text):
            link = pending_xref("", nodes.inline(), refdomain="std", reftype="doc", reftarget=page[1])
            link["refexplicit"], link["refdoc"], link["refwarn"] = False, self.env.docname, True
            return [link], []
        shown = nodes.literal(self.rawtext, self.text, classes=["xref", "py"])
        if not re.fullmatch(r"[A-Za-z_][\w.]*", self.text):
            return [shown], []
        reference = pending_xref("", shown, refdomain="py", reftype="obj", reftarget=self.text, optional=True)
        reference["refdoc"] = self.env.docname
        reference["py:module"] = self.env.ref_context.get("py:module")
        reference["py:class"] = self.env.ref_context.get("py:class")
        return [reference], []


def _leave_as_code(app: Sphinx, env: Any, node: pending_xref, shown: nodes.TextElement) -> nodes.TextElement | None:
    return shown if node.get("optional") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and the hooks; escapes come before numpydoc, whose priority is 500, takes the docstring."""
    app.connect("autodoc-process-docstring", _escape_docstring, priority=400)
    app.connect("autodoc-skip-member", _leave_out_inherited)
    app.connect("source-read", _escape_lesson)
    app.connect("missing-reference", _leave_as_code)
    # Sphinx evaluates annotations, and would show the name of its own placeholder for a type alias in a union.
    TypeAliasForwardRef.__repr__ = lambda alias: alias.name  # type: ignore[method-assign]
    app.add_role("name", Name())
    app.config.default_role = "name"
    return {"parallel_read_safe": True}
