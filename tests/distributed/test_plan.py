"""What has to be copied, and how it is cut into batches."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import UnsafeNameError
from anyftp.distributed._plan import (
    Copy,
    batches,
    downloads,
    is_here,
    is_plain,
    is_same,
    is_there,
    precision_of,
    uploads,
)

TIME = datetime(2026, 1, 2, tzinfo=UTC)


def test_downloads() -> None:
    infos: dict[str, dict[str, Any]] = {
        "/t/a": {"size": 5, "modified": TIME},
        "/t/d/b": {"size": "6"},
    }
    assert list(downloads(infos, "/t", "/here")) == [
        Copy("/t/a", os.path.join("/here", "a"), 5, TIME.timestamp(), 86400.0),
        Copy("/t/d/b", os.path.join("/here", "d", "b"), 6, None),
    ]


@pytest.mark.parametrize("name", ["..", "a\0b"])
def test_names_that_lead_out(name: str) -> None:
    with pytest.raises(UnsafeNameError):
        list(downloads({f"/t/{name}/x": {"size": 1}}, "/t", "/here"))
    assert not is_plain(name)


def test_uploads_follow_links_to_files(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"12")
    (tmp_path / "link").symlink_to("d/a")
    (tmp_path / "folder").symlink_to("d")
    (tmp_path / "dangling").symlink_to("none")
    found = {copy.remote: copy.nbytes for copy in uploads(str(tmp_path), "/there")}
    assert found == {"/there/d/a": 2, "/there/link": 2}


@pytest.mark.parametrize(
    ("nbytes", "modified", "precision", "same"),
    [
        (5, 100.0, 1.0, True),
        (5, 101.9, 1.0, True),
        (5, 103.0, 1.0, False),
        (5, 159.0, 60.0, True),
        (5, 161.0, 60.0, False),
        (5, 80000.0, 86400.0, True),
        (4, 100.0, 1.0, False),
        (5, None, 1.0, True),
    ],
)
def test_which_file_is_the_copy(
    nbytes: int, modified: float | None, precision: float, same: bool
) -> None:
    assert is_same(Copy("/a", "a", 5, 100.0, precision), nbytes, modified) is same
    assert is_same(Copy("/a", "a", 5), nbytes, modified) is (nbytes == 5)


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1.0),
        (datetime(2026, 1, 2, 0, 0, 5, tzinfo=UTC), 1.0),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), 60.0),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), 60.0),
        (datetime(2026, 1, 2, tzinfo=UTC), 86400.0),
    ],
)
def test_what_a_listing_has_cut_off_shows(when: datetime, seconds: float) -> None:
    assert precision_of(when) == seconds
    info = {"size": 5, "modified": when}
    for late, same in ((0.0, True), (seconds - 0.1, True), (seconds + 2, False)):
        assert is_there(Copy("/a", "a", 5, when.timestamp() + late), info) is same
    assert is_there(Copy("/a", "a", 5, 1.0), {"size": 5})
    assert not is_there(Copy("/a", "a", 6, when.timestamp()), info)
    assert not is_there(Copy("/a", "a", 5, when.timestamp()), None)


def test_a_source_that_cannot_be_looked_at_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    with pytest.raises(FileNotFoundError):
        list(uploads(str(tmp_path / "none"), "/there"))
    with pytest.raises(NotADirectoryError):
        list(uploads(str(tmp_path / "file"), "/there"))


def test_what_has_been_done_already(tmp_path: Path) -> None:
    path = tmp_path / "a"
    copy = Copy("/a", str(path), 2)
    assert not is_here(copy)
    path.write_bytes(b"12")
    assert is_here(copy)


@given(st.lists(st.integers(0, 100)), st.integers(1, 5), st.integers(1, 150))
def test_batches_hold_everything_within_their_bounds(
    sizes: list[int], max_files: int, max_bytes: int
) -> None:
    copies = [Copy(f"/{number}", "", size) for number, size in enumerate(sizes)]
    made = batches(copies, max_files=max_files, max_bytes=max_bytes)
    assert sorted(copy.remote for batch in made for copy in batch) == sorted(
        copy.remote for copy in copies
    )
    for batch in made:
        assert 1 <= len(batch) <= max_files
        assert len(batch) == 1 or sum(copy.nbytes for copy in batch) <= max_bytes
    firsts = [batch[0].nbytes for batch in made]
    assert firsts == sorted(firsts, reverse=True)
