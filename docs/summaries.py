"""What the reference adds to what autodoc makes: a table of summaries first, and real dashes."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

_HEADING = re.compile(r"^## +(.+)$", re.MULTILINE)
_FIRST_BLOCK = re.compile(r"^```\{eval-rst\}$", re.MULTILINE)
_MEMBER = re.compile(
    r"^\s*\.\. auto(?:class|exception|function|method|property):: (\S+)$", re.MULTILINE
)
#: Fewer than these are seen at once anyhow.
WORTH_A_TABLE = 4


def put_summaries_first(app: Any, page: str, source: list[str]) -> None:
    """Put a table of all that a page of the reference tells before the first of it."""
    text = source[0]
    first = _FIRST_BLOCK.search(text)
    if not page.startswith("reference/") or first is None or ".. autosummary::" in text:
        return
    parts = _HEADING.split(text)  # what is before the first heading, a heading, what is below it
    groups = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    tables = [(title, _MEMBER.findall(below)) for title, below in groups]
    if sum(len(names) for _, names in tables) < WORTH_A_TABLE:
        return
    lines = ["```{eval-rst}"]
    for title, names in tables:
        if names:
            lines += [f".. rubric:: {title}", ""] if title else []
            lines += [".. autosummary::", "   :nosignatures:", ""]
            lines += [*(f"   ~{name}" for name in names), ""]
    at = first.start()
    source[0] = "\n".join([text[:at], *lines, "```", "", text[at:]])


def put_dashes(app: Any, doctree: nodes.document) -> None:
    """Between a parameter and what it is for; elsewhere two dashes may begin an option."""
    for body in doctree.findall(nodes.field_body):
        for text in list(body.findall(nodes.Text)):
            if text.astext() == " -- ":
                text.parent.replace(text, nodes.Text(" – "))


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", put_summaries_first)
    app.connect("doctree-read", put_dashes)
    return {"parallel_read_safe": True}
