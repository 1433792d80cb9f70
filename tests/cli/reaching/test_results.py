"""Several results in one folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._reaching._results import Results, is_same_here


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        (("out/a", "ftp://one/a"), ("out/b", "ftp://two/b"), False),
        (("out/a", "ftp://one/a"), ("out/a", "ftp://one/a"), False),
        (("out/a", "ftp://one/a"), ("out/a", "ftp://two/a"), True),
        (("out/a", "ftp://one/a"), ("out/A", "ftp://two/A"), False),
    ],
)
def test_no_result_is_had_twice(
    first: tuple[str, str], second: tuple[str, str], is_refused: bool
) -> None:
    results = Results()
    results.claim(*first)
    if is_refused:
        with pytest.raises(Failure, match=f"{second[1]}: it would replace out/a, which ftp://one"):
            results.claim(*second)
    else:
        results.claim(*second)


def test_names_that_differ_in_case_alone_are_asked_about() -> None:
    asked = []

    def is_same(known: str, path: str) -> bool:
        asked.append((known, path))
        return True

    results = Results(is_same)
    results.claim("a", "one")
    results.claim("b", "two")
    with pytest.raises(Failure):
        results.claim("A", "three")
    assert asked == [("a", "A")]


def test_which_files_are_one_here(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.touch()
    os.link(file, link)
    assert is_same_here(str(file), str(link))
    assert is_same_here("nowhere", "nowhere")
    assert not is_same_here(str(file), str(tmp_path / "FILE"))
