"""Names for uploads under way."""

from __future__ import annotations

from anyftp._fs._temporary import is_temporary, temporary_name


def test_names_are_recognised_and_never_the_same() -> None:
    names = {temporary_name() for _ in range(100)}
    assert len(names) == 100
    assert all(map(is_temporary, names))


def test_other_names_are_not_ours() -> None:
    for name in ("", ".", "a", ".anyftp", "x.part", ".anyftp-x"):
        assert not is_temporary(name)
