"""What a file system cannot do is neither offered nor done by halves."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyftp._fs import Ability, FsspecFileSystem, LocalFileSystem, MemoryFileSystem
from fs.makers import fsspec_objects
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


class WholeFilesOnly(MemoryFileSystem):
    """Says that it can write, and nothing more."""

    @property
    def abilities(self) -> Ability:
        return Ability.WRITE


async def features(probe: Probe) -> list[str]:
    return [line.strip() for line in (await probe.ask("FEAT")).splitlines()[1:-1]]


async def test_feat_says_what_the_files_allow() -> None:
    async with (
        serving(server_of(WholeFilesOnly())) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert {"REST STREAM", "MFMT"} <= set(await features(probe))
        await probe.log_in_again()
        assert not {"REST STREAM", "MFMT"} & set(await features(probe))
        assert await probe.codes("REST 5", "MFMT 20200101000000 f") == ["504", "504"]
    async with logged_in() as probe:
        assert {"REST STREAM", "MFMT"} <= set(await features(probe))


async def test_read_only_files_can_be_resumed_but_not_changed(tmp_path: Path) -> None:
    tree = LocalFileSystem(tmp_path, read_only=True)
    async with logged_in(server_of(tree)) as probe:
        found = await features(probe)
        assert "REST STREAM" in found
        assert "MFMT" not in found
        assert await probe.codes("MKD d", "DELE f") == ["550", "550"]


async def test_an_object_store_never_gets_parts(tmp_path: Path) -> None:
    tree = await fsspec_objects(tmp_path)()
    assert isinstance(tree, FsspecFileSystem)
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.upload("STOR deep/in/f", b"0123456789"))[:3] == "226"
        assert await probe.codes("REST 5") == ["350"]
        assert (await probe.download("RETR deep/in/f"))[0] == b"56789"
        await probe.ask("REST 5")
        assert (await probe.upload("STOR deep/in/f", b"xxx"))[:3] == "504"
        assert (await probe.upload("APPE deep/in/f", b"xxx"))[:3] == "504"
        assert await probe.codes("MKD d", "RMD deep") == ["504", "504"]
        assert (await probe.download("RETR deep/in/f"))[0] == b"0123456789"
        assert await probe.codes("RNFR deep/in/f", "RNTO g", "DELE g") == ["350", "250", "250"]
