"""Writes docs/design/modules.md: every module and the first sentence of what it says of itself.

    python docs/modules.py

`tests/test_map.py` fails while the page is another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "design" / "modules.md"
PACKAGES = (ROOT / "src" / "anyftp", ROOT / "compat" / "anyftp_compat")

HEAD = """# Every module

In the words of its own first sentence, room by room. This page is written by `docs/modules.py`.
"""


def first_sentence(path: Path) -> str:
    """What a module says first, on one line."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", r"\|")


def rooms(package: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Folders with modules in them, outer ones first."""
    folders = sorted({path.parent for path in package.rglob("*.py")})
    for folder in folders:
        modules = sorted(path for path in folder.glob("*.py") if path.stem != "__init__")
        if modules:
            yield folder, modules


def render() -> str:
    """The page."""
    parts = [HEAD]
    for package in PACKAGES:
        for folder, modules in rooms(package):
            name = folder.relative_to(package.parent).as_posix()
            parts.append(f"## `{name}`\n")
            if said := first_sentence(folder / "__init__.py"):
                parts.append(f"{said}\n")
            rows = [f"| `{path.stem}` | {first_sentence(path)} |" for path in modules]
            parts.append("\n".join(["| module | what it is |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
