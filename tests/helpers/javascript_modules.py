"""The page's JavaScript, called from Python in a browser without a page."""

import json
import re
from typing import Any

from radon_nn.app import assets


class Module:
    """Functions of modules, by name; arrays come back as lists."""

    def __init__(self, page: Any, *names: str) -> None:
        self.page = page
        self.text = re.sub(r"^export (default )?", "", assets.module(*names), flags=re.MULTILINE)

    def call(self, expression: str, **values: object) -> Any:
        """The value of an expression in terms of the module's functions and values."""
        given = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
        code = f"(() => {{ {self.text}\n{given} const result = {expression};"
        return self.page.evaluate(f"{code} return ArrayBuffer.isView(result) ? [...result] : result; }})()")
