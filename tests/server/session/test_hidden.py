"""Names that no listing shows."""

from __future__ import annotations

import pytest

from anyftp._server._session._hidden import Hidden


@pytest.mark.parametrize(
    "name", ["x.bak", "X.BAK", "x.bak.", ".git", ".GIT", ".gi\u200ct", "E\u0301", "é", "aB1"]
)
def test_all_that_some_disk_takes_for_one_is_hidden(name: str) -> None:
    assert name in Hidden(["*.bak", ".git", "É", "a[Bc]?"])


@pytest.mark.parametrize("name", ["bak", "x.bak2", "git", "e", "abc"])
def test_other_names_are_shown(name: str) -> None:
    assert name not in Hidden(["*.bak", ".git", "É", "[A-Z]*", "*."])


def test_nothing_is_hidden_without_patterns() -> None:
    assert "" not in Hidden()
    assert not Hidden()
    assert Hidden(["x"])
