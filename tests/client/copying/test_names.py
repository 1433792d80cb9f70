"""One spelling for all that lead to one name."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyftp._client._copying import _names
from anyftp._client._copying._names import local_name
from anyftp._client._session._final_names import FinalNames


@pytest.fixture
def names() -> FinalNames:
    return FinalNames()


def test_a_path_and_its_links(names: FinalNames, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "folder" / "file").symlink_to("other")
    spellings = ["folder/other", "link/other", "link/./../folder/other", "link/file"]
    assert len({local_name(names, str(tmp_path / each)) for each in spellings}) == 1
    assert local_name(names, str(tmp_path / "folder/Other")) not in {
        local_name(names, str(tmp_path / each)) for each in spellings
    }


def test_a_disk_for_which_case_does_not_count(
    names: FinalNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def folds_names(folder: str) -> bool:
        looked_at.append(folder)
        return True

    monkeypatch.setattr(_names, "folds_names", folds_names)
    assert local_name(names, str(tmp_path / "NEW")) == local_name(names, str(tmp_path / "new"))
    assert len(looked_at) == 1  # once for all files of a folder
