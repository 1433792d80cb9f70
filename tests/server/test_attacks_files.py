"""Attacks on files and rights: what SECURITY rows F7 to F16 ask beyond the tests of the modules."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem
from anyftp._fs._endings import Ending
from anyftp._fs._local_files import LocalWriteFile
from anyftp._server import Permission, Server, User
from server.probe import Probe, logged_in, server_of, serving, until_tidy

pytestmark = pytest.mark.anyio

P = Permission


@pytest.fixture(params=["local", "memory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path) if request.param == "local" else MemoryFileSystem()


def with_rights(tree: FileSystem, rights: Permission) -> Server:
    return Server([User("bob", "secret", file_system=tree, permissions=rights)])


async def filled(tree: FileSystem) -> FileSystem:
    await tree.make_directory(PurePosixPath("/d"))
    for name in ("/f", "/g", "/d/f"):
        async with await tree.open_write(PurePosixPath(name)) as file:
            await file.write(memoryview(b"0123456789"))
            await file.commit()
    return tree


# F7: renaming and removing what one may not.


ROOT = ["RMD /", "RMD .", "RMD d/..", "DELE /", "XRMD /", "MKD /", "MKD ."]


@pytest.mark.parametrize("line", ROOT)
async def test_f7_the_root_stays(tree: FileSystem, line: str) -> None:
    async with logged_in(server_of(await filled(tree))) as probe:
        assert await probe.codes(line, "SIZE f") == ["550", "213"]


@pytest.mark.parametrize("name", ["/", ".", "d/..", "../.."])
async def test_f7_the_root_is_not_renamed(tree: FileSystem, name: str) -> None:
    async with logged_in(server_of(await filled(tree))) as probe:
        assert (await probe.codes(f"RNFR {name}", "RNTO x"))[-1] in ("550", "503", "553")
        assert (await probe.codes("RNFR f", f"RNTO {name}"))[-1] in ("550", "553")
        assert await probe.codes("SIZE f", "SIZE d/f") == ["213", "213"]


async def test_f7_kinds_are_not_mistaken(tree: FileSystem) -> None:
    async with logged_in(server_of(await filled(tree))) as probe:
        assert await probe.codes("DELE d", "RMD f", "MKD f", "RMD d") == ["550"] * 4
        assert await probe.codes("RNFR d", "RNTO f", "RNFR f", "RNTO d") == [
            "350",
            "550",
            "350",
            "550",
        ]
        assert await probe.codes("SIZE f", "SIZE d/f") == ["213", "213"]


#: What each command asks for; with all rights but that one it has to fail.
NEEDED = [
    (P.RENAME, ["RNFR f", "RNTO x"]),
    (P.CREATE | P.RENAME, ["RNFR f", "RNTO x"]),
    (P.OVERWRITE, ["RNFR f", "RNTO g"]),
    (P.DELETE, ["DELE f"]),
    (P.DELETE, ["RMD d"]),
    (P.MAKE_DIRECTORY, ["MKD new"]),
    (P.ATTRIBUTES, ["MFMT 20200101000000 f"]),
    (P.ATTRIBUTES, ["SITE CHMOD 600 f"]),
    (P.ATTRIBUTES, ["SITE UTIME 20200101000000 f"]),
    (P.LIST, ["STAT /"]),
    (P.READ, ["HASH f"]),
    (P.READ, ["XMD5 f"]),
    (P.READ | P.DELETE, ["COMB new f g"]),
]


@pytest.mark.parametrize(("needed", "lines"), NEEDED)
async def test_f7_without_the_right_nothing_happens(needed: Permission, lines: list[str]) -> None:
    tree = await filled(MemoryFileSystem())
    server = Server(
        [User("bob", "secret", file_system=tree, permissions=P.ALL & ~needed)],
        extensions=["HASH", "XMD5", "COMB"],
    )
    async with logged_in(server) as probe:
        assert (await probe.codes(*lines))[-1] in ("550", "553", "503")
    names = [info.name async for batch in tree.scan(PurePosixPath("/")) for info in batch]
    assert sorted(names) == ["d", "f", "g"]


@pytest.mark.parametrize(
    "between", ["NOOP", "PWD", "SIZE f", "NONSENSE", "EPSV", "RNFR no", "REIN"]
)
async def test_f7_rnfr_is_forgotten_by_any_other_command(between: str) -> None:
    async with logged_in(server_of(await filled(MemoryFileSystem()))) as probe:
        await probe.codes("RNFR f", between)
        assert (await probe.ask("RNTO x"))[:3] in ("503", "530")


# F8: offsets beyond the end.


@pytest.mark.parametrize("offset", [11, 2**31, 2**62, 2**63 - 1])
async def test_f8_no_holes(tree: FileSystem, offset: int) -> None:
    async with logged_in(server_of(await filled(tree))) as probe:
        assert (await probe.ask(f"REST {offset}"))[:3] == "350"
        assert (await probe.upload("STOR f", b"x"))[:3] == "554"
        assert (await probe.ask(f"REST {offset}"))[:3] == "350"
        assert (await probe.download("RETR f"))[1][:3] == "554"
        assert await probe.ask("SIZE f") == "213 10"


# F9: an offset that is stale.


@pytest.mark.parametrize("between", ["NOOP", "TYPE I", "EPSV", "PASV", "PORT 127,0,0,1,200,1"])
async def test_f9_an_offset_survives_what_is_no_transfer(between: str) -> None:
    async with logged_in(server_of(await filled(MemoryFileSystem()))) as probe:
        await probe.codes("REST 4", between)
        assert (await probe.download("RETR f"))[0] == b"456789"


FORGETTING = ["RETR f", "RETR no", "STOR no/x", "LIST", "MLSD", "NLST"]


@pytest.mark.parametrize("transfer", FORGETTING)
async def test_f9_an_offset_is_used_once(transfer: str) -> None:
    async with logged_in(server_of(await filled(MemoryFileSystem()))) as probe:
        await probe.ask("REST 4")
        await probe.download(transfer)
        assert (await probe.download("RETR f"))[0] == b"0123456789"


async def test_f9_an_offset_is_forgotten_with_its_user() -> None:
    async with logged_in(server_of(await filled(MemoryFileSystem()))) as probe:
        await probe.codes("REST 4", "REIN")
        await probe.log_in_again()
        assert (await probe.download("RETR f"))[0] == b"0123456789"


async def test_f9_an_offset_is_forgotten_by_a_transfer_that_is_refused() -> None:
    async with logged_in(server_of(await filled(MemoryFileSystem()))) as probe:
        assert await probe.codes("REST 4", "RETR f") == ["350", "425"]
        assert (await probe.download("RETR f"))[0] == b"0123456789"


# F10, F11: text.


async def test_f10_the_size_of_text_costs_nothing(tree: FileSystem) -> None:
    async with logged_in(server_of(await filled(tree))) as probe:
        assert await probe.codes("TYPE A", "SIZE f", "TYPE I", "SIZE f") == [
            "200",
            "550",
            "200",
            "213",
        ]


@pytest.mark.parametrize("size", [1, 2, 3, 65535])
async def test_f11_line_ends_across_blocks(size: int) -> None:
    """However it is cut, each CRLF comes to one LF, and a CR alone stays."""
    text = b"a\r\n\rb\r\r\n\r\n" * 20 + b"\r"
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree)) as probe:
        await probe.ask("TYPE A")
        async with await probe.open_data() as data:
            await probe.ask("STOR t")
            for start in range(0, len(text), size):
                await data.write(text[start : start + size])
                await anyio.lowlevel.checkpoint()
        assert (await probe.reply())[:3] == "226"
        assert tree.get("/t") == text.replace(b"\r\n", b"\n")


async def test_f11_no_offset_in_text() -> None:
    async with logged_in(server_of(await filled(MemoryFileSystem()))) as probe:
        assert await probe.codes("TYPE A", "REST 4") == ["200", "501"]
        assert await probe.codes("TYPE I", "REST 4", "TYPE A") == ["200", "350", "200"]
        assert (await probe.download("RETR f"))[1][:3] == "554"


# F12: disks that are full.


@contextmanager
def largest_file(nbytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("verb", ["STOR g", "APPE g", "STOU g", "APPE old", "STOR old"])
@pytest.mark.parametrize("nbytes", [60_000, 3_000_000])
async def test_f12_a_file_that_grows_beyond_what_the_system_allows(
    tmp_path: Path, verb: str, nbytes: int
) -> None:
    """The kernel itself refuses, be it a write or a splice; 60,000 bytes only at the commit."""
    (tmp_path / "old").write_bytes(b"old")
    async with logged_in(server_of(LocalFileSystem(tmp_path))) as probe:
        with largest_file(50_000):
            assert (await probe.upload(verb, bytes(nbytes)))[:3] == "552"
        assert (await probe.ask("NOOP"))[:3] == "200"
        assert await until_tidy(tmp_path) == ["old"]
        assert (tmp_path / "old").read_bytes() == b"old"
        assert (await probe.upload("STOR g", bytes(nbytes)))[:3] == "226"


class Nowhere(Ending):
    """The end of a file that never was."""

    def commit(self, fd: int, fsync: bool) -> None:
        raise OSError(errno.ENOSPC, "never reached")

    def undo(self, fd: int) -> None:
        pass


class FullDisk(LocalFileSystem):
    async def open_write(self, path: PurePosixPath, **how: object) -> LocalWriteFile:
        return LocalWriteFile(path, lambda: (os.open("/dev/full", os.O_WRONLY), Nowhere()), False)


@pytest.mark.parametrize("nbytes", [1, 65_535, 65_536, 3_000_000])
async def test_f12_a_disk_that_is_full(tmp_path: Path, nbytes: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    async with logged_in(server_of(FullDisk(tmp_path))) as probe:
        for _ in range(3):
            assert (await probe.upload("STOR f", bytes(nbytes)))[:3] == "452"
        assert (await probe.ask("PWD"))[:3] == "257"
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # a pipe of the kernel's copying


# F14: upload areas.


DROP = P.CREATE | P.LIST


async def test_f14_what_was_dropped_is_not_handed_out(tree: FileSystem) -> None:
    async with logged_in(with_rights(tree, DROP)) as probe:
        assert (await probe.upload("STOR drop", b"warez"))[:3] == "226"
        assert (await probe.download("RETR drop"))[0] == b""
        lines = ["DELE drop", "RNFR drop", "SITE CHMOD 777 drop", "MFMT 20200101000000 drop"]
        assert await probe.codes(*lines) == ["550"] * 4
        assert (await probe.upload("STOR drop", b"other"))[:3] == "550"
        assert (await probe.upload("APPE drop", b"more"))[:3] == "550"
        await probe.ask("REST 1")
        assert (await probe.upload("STOR drop", b"patch"))[:3] == "550"
        await probe.ask("REST 1")
        assert (await probe.download("RETR drop"))[0] == b""


# F15: unique names.


async def test_f15_many_at_once_get_as_many_names(tree: FileSystem) -> None:
    names: list[str] = []

    async def drop(probe: Probe) -> None:
        async with await probe.open_data() as data:
            announced = await probe.ask("STOU f")
            names.append(announced.removeprefix("150 FILE: "))
            await data.write(announced.encode())
        assert (await probe.reply())[:3] == "226"

    async with serving(server_of(tree, max_connections_per_address=100)) as address:
        probes = [await Probe.connect(address) for _ in range(20)]
        for probe in probes:
            await probe.log_in()
        for _ in range(2):
            async with anyio.create_task_group() as tasks:
                for probe in probes:
                    tasks.start_soon(drop, probe)
        assert len(set(names)) == 40
        for name in names[:5]:
            content, _ = await probes[0].download(f"RETR {name}")
            assert content == f"150 FILE: {name}".encode()
        for probe in probes:
            probe.stream.close()


# F16: one file, many hands.


@asynccontextmanager
async def two_clients(server: Server) -> AsyncIterator[tuple[Probe, Probe]]:
    async with (
        serving(server) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as two,
    ):
        yield await one.log_in(), await two.log_in()


async def test_f16_a_file_that_is_replaced_while_it_is_read(tmp_path: Path) -> None:
    """Who reads goes on with the old file, to its end."""
    old, new = os.urandom(3_000_000), b"new" * 1000
    (tmp_path / "f").write_bytes(old)
    async with two_clients(server_of(LocalFileSystem(tmp_path))) as (one, two):
        async with await one.open_data() as data:
            await one.ask("RETR f")
            content = await data.read(1000)
            assert (await two.upload("STOR f", new))[:3] == "226"
            assert (await two.download("RETR f"))[0] == new
            assert await two.codes("DELE f", "SIZE f") == ["250", "550"]
            while block := await data.read():
                content += block
        assert (await one.reply())[:3] == "226"
    assert content == old


@pytest.mark.parametrize("line", ["DELE f", "RNFR f"])
async def test_f16_a_file_that_is_removed_while_it_is_replaced(tree: FileSystem, line: str) -> None:
    async with two_clients(server_of(await filled(tree))) as (one, two):
        async with await one.open_data() as data:
            await one.ask("STOR f")
            await data.write(b"x" * 200_000)
            await two.codes(line, "RNTO h")
        assert (await one.reply())[:3] == "226"
        assert (await two.ask("SIZE f"))[:3] == "213"
        assert (await two.download("RETR f"))[0] == b"x" * 200_000


async def test_f16_a_folder_that_goes_while_a_file_comes(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    async with two_clients(server_of(LocalFileSystem(tmp_path))) as (one, two):
        async with await one.open_data() as data:
            await one.ask("STOR d/f")
            await data.write(b"x" * 200_000)
            # It is not empty: what comes lies hidden in it.
            assert (await two.ask("RMD d"))[:3] == "550"
            assert await two.codes("RNFR d", "RNTO e") == ["350", "250"]
        assert (await one.reply())[:3] == "226"
    assert (tmp_path / "e" / "f").read_bytes() == b"x" * 200_000


async def test_f7_a_link_that_leads_nowhere_one_may_look_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"new")
    (tmp_path / "out").symlink_to("/etc/hostname")
    server = with_rights(LocalFileSystem(tmp_path), P.ALL & ~P.OVERWRITE)
    async with logged_in(server) as probe:
        assert await probe.codes("RNFR f", "RNTO out") == ["350", "553"]
    assert (tmp_path / "out").is_symlink()
