"""Names that FAT makes up beside a file's own."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from anyftp._fs._folder import DescriptorFolder, open_root
from anyftp._fs._jail import Jail

#: What a FAT disk that holds "secret.text" and "a~1" says of other names.
MADE_UP = {"SECRET~1.TEX": "secret.text", "secret~1.tex": "secret.text", "A~1": "a~1"}


@pytest.fixture
def jail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jail:
    """In a folder that stands for one on FAT."""
    (tmp_path / "secret.text").write_bytes(b"content")
    (tmp_path / "a~1").write_bytes(b"content")
    lstat, open_ = DescriptorFolder.lstat, DescriptorFolder.open

    def own(name: str) -> str:
        return MADE_UP.get(name, name)

    monkeypatch.setattr(DescriptorFolder, "lstat", lambda self, name: lstat(self, own(name)))
    monkeypatch.setattr(
        DescriptorFolder,
        "open",
        lambda self, name, *more: open_(self, own(name), *more),
    )
    return Jail(tmp_path)


@pytest.mark.parametrize("name", ["secret.text", "a~1", "A~1"])
def test_names_that_are_listed_lead_to_their_files(jail: Jail, name: str) -> None:
    os.close(jail.open(PurePosixPath("/", name), os.O_RDONLY))


@pytest.mark.parametrize("name", ["SECRET~1.TEX", "secret~1.tex"])
def test_names_that_are_made_up_lead_to_nothing(jail: Jail, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        jail.open(PurePosixPath("/", name), os.O_RDONLY)


def test_a_new_file_may_have_such_a_name(jail: Jail) -> None:
    with jail.parent(PurePosixPath("/NEW~1.TXT")) as (_, name):
        assert name == "NEW~1.TXT"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_where_nobody_may_look_the_disk_decides(tmp_path: Path) -> None:
    (tmp_path / "x~1").write_bytes(b"")
    tmp_path.chmod(0o100)
    try:
        folder = open_root(str(tmp_path))
        folder.close()
        with Jail(tmp_path).parent(PurePosixPath("/x~1")) as (_, name):
            assert name == "x~1"
    finally:
        tmp_path.chmod(0o700)
