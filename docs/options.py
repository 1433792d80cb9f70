"""What each option is for, put under the methods that take it: each says so once in the code."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"^ +options: see `\w+`\.$")


def meanings(options: type) -> dict[str, str]:
    """What follows each key of a `TypedDict` and of those that it is made of."""
    module = sys.modules[options.__module__]
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    [node] = [
        each
        for each in tree.body
        if isinstance(each, ast.ClassDef) and each.name == options.__name__
    ]
    found: dict[str, str] = {}
    for base in node.bases:
        if ast.unparse(base) != "TypedDict":
            found |= meanings(getattr(module, ast.unparse(base)))
    for key, text in zip(node.body, node.body[1:], strict=False):
        if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
            found[ast.unparse(key.target)] = " ".join(ast.literal_eval(text.value).split())
    return found


def spell_out(app: Any, what: str, name: str, obj: Any, settings: Any, lines: list[str]) -> None:
    """Put the options in the place that names their `TypedDict`; called by Sphinx."""
    options = getattr(obj.__init__ if what == "class" else obj, "__options__", None)
    if options is None:
        return
    [place] = [number for number, line in enumerate(lines) if _PLACE.match(line)]
    indent = " " * (len(lines[place]) - len(lines[place].lstrip()))
    lines[place : place + 1] = [f"{indent}{key}: {text}" for key, text in meanings(options).items()]


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", spell_out, priority=400)  # before napoleon's
    return {"parallel_read_safe": True}
