"""What both sides had when they were last alike, on disk."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from anyftp import FileSystemError, LocalProtocolError
from anyftp._client._mirroring._plan import Thing
from anyftp._client._syncing._memory import read_memory, write_memory
from anyftp._client._syncing._merge import Known

PAIR = ["/here", "ftp://there"]
MEMORY = {
    PurePosixPath("d"): Known(Thing("dir"), Thing("dir")),
    PurePosixPath("d/\udcff"): Known(Thing("file", 5, 1.5), Thing("file", 5, 1.0, 60.0)),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state"
    assert read_memory(str(file), PAIR) == {}
    write_memory(str(file), PAIR, MEMORY)
    assert read_memory(str(file), PAIR) == MEMORY
    write_memory(str(file), PAIR, {})
    assert read_memory(str(file), PAIR) == {}
    assert list(file.parent.iterdir()) == [file]


def test_the_state_of_other_folders_is_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "state")
    write_memory(file, PAIR, MEMORY)
    with pytest.raises(LocalProtocolError, match="other folders"):
        read_memory(file, ["/here", "ftp://elsewhere"])


GOOD = {"version": 1, "pair": PAIR, "files": {"a": ["file", [1, 2.0, 1.0], [1, 2.0, 1.0]]}}


@pytest.mark.parametrize(
    "found",
    [
        [],
        {},
        GOOD | {"version": 2},
        GOOD | {"files": {"a": ["link", [1, 2.0, 1.0], [1, 2.0, 1.0]]}},
        GOOD | {"files": {"a": ["file", ["1", 2.0, 1.0], [1, 2.0, 1.0]]}},
        GOOD | {"files": {"a": ["file", [1, 2.0], [1, 2.0, 1.0]]}},
        GOOD | {"files": {"a": ["file", [1, 2.0, None], [1, 2.0, 1.0]]}},
        GOOD | {"files": []},
    ],
)
def test_what_is_no_state(tmp_path: Path, found: object) -> None:
    file = tmp_path / "state"
    file.write_text(json.dumps(GOOD))
    assert len(read_memory(str(file), PAIR)) == 1
    file.write_text(json.dumps(found))
    with pytest.raises(LocalProtocolError, match="holds no state of a sync"):
        read_memory(str(file), PAIR)


def test_what_cannot_be_written_leaves_what_was(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileSystemError):
        write_memory(str(tmp_path / "file" / "state"), PAIR, MEMORY)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(FileSystemError):
        write_memory(str(folder), PAIR, MEMORY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
