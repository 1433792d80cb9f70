"""One pass over a folder, a batch at a time."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

import pytest

from anyftp._fs import _local_scan
from anyftp._fs._jail import Jail
from anyftp._fs._local_scan import Scan, file_info
from anyftp._fs._temporary import temporary_name


def status(mode: int, *, inode: int = 7, owner: int = 1) -> os.stat_result:
    return os.stat_result((mode, inode, 0x801, 2, owner, 3, 99, 10, 20, 30))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (stat.S_IFREG, "file"),
        (stat.S_IFDIR, "dir"),
        (stat.S_IFLNK, "link"),
        (stat.S_IFIFO, "other"),
        (stat.S_IFCHR, "other"),
    ],
)
def test_what_the_system_says(kind: int, told: str) -> None:
    info = file_info("a", status(kind | 0o4640))
    assert (info.name, info.type, info.mode, info.links) == ("a", told, 0o4640, 2)
    assert (info.owner, info.group, info.size, info.modified) == ("1", "3", 99, 20)
    assert info.unique == "801g7"


def test_what_files_have_in_common_is_not_remembered_without_bound() -> None:
    for owner in range(3 * _local_scan._common.MOST):
        assert file_info("a", status(stat.S_IFREG, owner=owner)).owner == str(owner)
    assert len(_local_scan._common) <= _local_scan._common.MOST


def test_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_local_scan, "BATCH", 10)
    for number in range(25):
        (tmp_path / f"f{number}").touch()
    (tmp_path / temporary_name()).touch()
    (tmp_path / ".hidden").touch()
    scan = Scan(Jail(tmp_path), PurePosixPath("/"), file_info)
    sizes, names = [], set()
    while not scan.is_exhausted:
        batch = scan.next_batch()
        sizes.append(len(batch))
        names |= {info.name for info in batch}
    scan.close()
    assert max(sizes) <= 10
    assert names == {".hidden", *(f"f{number}" for number in range(25))}


def test_where_links_lead_is_told_unless_it_is_out(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    for name, target in (("in", "f"), ("out", "../x"), ("none", "g"), ("absolute", "/f")):
        (tmp_path / name).symlink_to(target)
    scan = Scan(Jail(tmp_path), PurePosixPath("/"), file_info)
    found = {info.name: info.target for info in scan.next_batch()}
    scan.close()
    assert found == {"f": None, "in": "f", "out": None, "none": None, "absolute": None}
