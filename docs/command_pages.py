"""A page for each command, made of what click knows of it: for the site, and as man pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from anyftp._cli._main import COMMANDS, anyftp

FOLDER = Path(__file__).parent / "commands"


def page(name: str, context: click.Context) -> str:
    """What `--help` says, in reStructuredText."""
    command = anyftp.get_command(context, name)
    assert command is not None
    inner = click.Context(command, parent=context, info_name=name)
    usage = " ".join(["anyftp", name, *command.collect_usage_pieces(inner)])
    title = f"anyftp {name}"
    text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    lines = [title, "=" * len(title), "", "::", "", f"   {usage}", "", _literal(text), ""]
    for param in command.params:
        record = param.get_help_record(inner)
        if record is not None and record[1]:
            lines += [f"``{record[0]}``", f"   {_literal(record[1])}", ""]
    return "\n".join(lines)


def _literal(text: str) -> str:
    """Text of the command line: no sign in it is markup, but `quoted` words are code."""
    parts = text.split("`")
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"([\\*_|:])", r"\\\1", parts[number])
    return "``".join(parts)


def write_pages(app: Any) -> None:
    """Write all pages, and the list of them."""
    FOLDER.mkdir(exist_ok=True)
    context = click.Context(anyftp, info_name="anyftp")
    for name in COMMANDS:
        _write(FOLDER / f"{name}.rst", page(name, context))
    app.config.man_pages += [
        (f"commands/{name}", f"anyftp-{name}", text, app.config.author, 1)
        for name, (_, text) in COMMANDS.items()
    ]


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:  # or all would be built anew
        path.write_text(text, "utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}
