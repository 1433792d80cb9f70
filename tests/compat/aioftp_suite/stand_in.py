"""A pytest plugin: aioftp's own tests meet the compat layer under aioftp's name.

Tests in differences.toml are expected to fail, each with its reason; one that passes all the same
fails the run, and so does a row for which there is no test.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import anyftp_compat

anyftp_compat.install_as_aioftp()

DIFFERENCES = Path(__file__).with_name("differences.toml")

#: How many tests release 0.28.3 has: none may be lost on the way.
COUNT = 792


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the listed tests to fail."""
    rows = tomllib.loads(DIFFERENCES.read_text("utf-8"))["difference"]
    left = {row["test"]: row["reason"] for row in rows}
    found = set()
    for item in items:
        name = f"{item.path.name}::{getattr(item, 'originalname', item.name)}"
        if name in left:
            found.add(name)
            item.add_marker(pytest.mark.xfail(reason=left[name], strict=True))
    if missing := sorted(left.keys() - found):
        raise pytest.UsageError(f"no such tests: {', '.join(missing)}")
    if len(items) != COUNT:
        raise pytest.UsageError(f"{len(items)} tests were found instead of {COUNT}")
