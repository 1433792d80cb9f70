"""The version: that of the distribution, which the changes speak of last."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from anyftp import __version__


def test_it_is_that_of_the_distribution() -> None:
    assert __version__ == version("anyftp")


def test_the_changes_speak_of_it() -> None:
    changes = Path(__file__).parent.with_name("CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## {re.escape(__version__)}$", changes, re.MULTILINE)
