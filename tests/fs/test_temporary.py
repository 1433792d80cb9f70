"""Names for uploads under way."""

from __future__ import annotations

import pytest

from anyftp._fs._temporary import is_temporary, temporary_name


def test_names_are_recognised_and_never_the_same() -> None:
    names = {temporary_name() for _ in range(100)}
    assert len(names) == 100
    assert all(map(is_temporary, names))


def test_other_names_are_not_ours() -> None:
    for name in ("", ".", "a", ".anyftp", "x.part", ".anyftp-x"):
        assert not is_temporary(name)


@pytest.mark.parametrize(
    "alias",
    [
        ".ANYFTP-0123.PART",
        ".anyftp-0123.part.",
        ".anyftp-0123.part .",
        ".any\u200cftp-0123.part",
        "\ufeff.anyftp-0123.part",
        ".ａnyftp-0123.ｐart",
    ],
)
def test_what_some_disk_takes_for_one_of_ours_is_ours(alias: str) -> None:
    assert is_temporary(alias)
