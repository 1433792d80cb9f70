"""RETR, STOR, STOU, APPE, ABOR; SECURITY rows D9, D10, F8, F12, F14 to F16."""

from __future__ import annotations

import errno
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem, WriteFile
from anyftp._fs._memory import MemoryWriteFile
from anyftp._net import connect_tcp
from anyftp._protocol import Reply
from anyftp._server import Permission, Server, Session, User
from anyftp._streams import SocketStream
from server.probe import Probe, logged_in, server_of, serving, until_tidy

pytestmark = pytest.mark.anyio

LARGE = os.urandom(3_000_001)


@pytest.fixture(params=["local", "memory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path) if request.param == "local" else MemoryFileSystem()


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, len(LARGE)])
async def test_there_and_back(tree: FileSystem, size: int) -> None:
    content = LARGE[:size]
    async with logged_in(server_of(tree)) as probe:
        assert await probe.upload("STOR f", content) == f"226 {size} bytes received."
        assert await probe.download("RETR f") == (content, f"226 {size} bytes sent.")
        assert await probe.ask("SIZE f") == f"213 {size}"


async def test_resumed(tree: FileSystem) -> None:
    async with logged_in(server_of(tree)) as probe:
        await probe.upload("STOR f", LARGE[:1_000_000])
        await probe.ask("REST 1000000")
        assert (await probe.upload("STOR f", LARGE[1_000_000:2_000_000]))[:3] == "226"
        assert (await probe.upload("APPE f", LARGE[2_000_000:]))[:3] == "226"
        await probe.ask("REST 7")
        assert (await probe.download("RETR f"))[0] == LARGE[7:]


async def test_f8_rest_beyond_the_end(tree: FileSystem) -> None:
    async with logged_in(server_of(tree)) as probe:
        await probe.upload("STOR f", b"0123456789")
        await probe.ask("REST 99")
        assert (await probe.download("RETR f"))[1][:3] == "554"
        await probe.ask("REST 99")
        assert (await probe.upload("STOR f", b"x"))[:3] == "554"
        assert (await probe.download("RETR f"))[0] == b"0123456789"


async def test_f11_ascii_both_ways(tree: FileSystem) -> None:
    async with logged_in(server_of(tree)) as probe:
        await probe.ask("TYPE A")
        assert (await probe.upload("STOR f", b"one\r\ntwo\r\n"))[:3] == "226"
        assert (await probe.download("RETR f"))[0] == b"one\r\ntwo\r\n"
        assert (await probe.ask("SIZE f"))[:3] == "550"
        await probe.ask("TYPE I")
        assert (await probe.download("RETR f"))[0] == b"one\ntwo\n"
        await probe.codes("REST 2", "TYPE A")
        assert (await probe.download("RETR f"))[1][:3] == "554"


async def test_f15_unique_names(tree: FileSystem) -> None:
    async with logged_in(server_of(tree)) as probe:
        names = set()
        for line in ("STOU", "STOU", "STOU report.txt"):
            async with await probe.open_data() as data:
                first = await probe.ask(line)
                assert first.startswith("150 FILE: ")
                names.add(first.removeprefix("150 FILE: "))
                await data.write(b"mine")
            last = await probe.reply()
            name = first.removeprefix("150 FILE: ")
            assert last == f"226 4 bytes received. (unique file name: {name})"
        assert len(names) == 3
        assert sorted(PurePosixPath(name).suffix == ".txt" for name in names) == [
            False,
            False,
            True,
        ]
        listed, _ = await probe.download("NLST")
        assert set(listed.decode().split()) == names


class Crowded(MemoryFileSystem):
    """Where the first so many names that are tried are taken."""

    def __init__(self, taken: int) -> None:
        super().__init__()
        self.taken = taken

    async def open_write(
        self,
        path: PurePosixPath,
        *,
        offset: int | None = None,
        append: bool = False,
        exclusive: bool = False,
    ) -> MemoryWriteFile:
        if exclusive and self.taken:
            self.taken -= 1
            raise FileSystemError(errno.EEXIST, path)
        return await super().open_write(path, offset=offset, append=append, exclusive=exclusive)


@pytest.mark.parametrize(("taken", "code"), [(9, "226"), (10, "450")])
async def test_f15_names_that_are_taken_are_left_alone(taken: int, code: str) -> None:
    tree = Crowded(taken)
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.upload("STOU", b"mine"))[:3] == code
        assert tree.taken == 0


def reset(stream: SocketStream) -> None:
    """Close with RST."""
    stream.raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


@pytest.mark.parametrize("size", [0, 1000, 500_000])
async def test_d9_a_reset_upload_never_succeeds(tree: FileSystem, size: int) -> None:
    async with logged_in(server_of(tree)) as probe:
        await probe.upload("STOR f", b"old")
        data = await connect_tcp(*await probe.data_address())
        assert (await probe.ask("STOR f"))[:3] == "150"
        await data.send(LARGE[:size])
        await anyio.sleep(0.05)
        reset(data)
        assert (await probe.reply())[:3] == "426"
        assert (await probe.download("RETR f"))[0] == b"old"
        assert (await probe.download("NLST"))[0] == b"f\r\n"


async def test_d10_the_control_connection_dies_in_mid_upload(tmp_path: Path) -> None:
    async with serving(server_of(LocalFileSystem(tmp_path))) as address:
        probe = await (await Probe.connect(address)).log_in()
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await data.write(LARGE)
            probe.stream.close()
            with pytest.raises(anyio.BrokenResourceError):
                await data.write(LARGE * 20)
        assert await until_tidy(tmp_path) == []


async def test_d10_a_killed_client_leaves_nothing(tmp_path: Path) -> None:
    """Both connections are closed at once, as a kernel does for a dying process."""
    async with serving(server_of(LocalFileSystem(tmp_path))) as address:
        for size in (0, 100, 100_000):
            probe = await (await Probe.connect(address)).log_in()
            data = await probe.open_data()
            await probe.ask("STOR f")
            await data.write(LARGE[:size])
            probe.stream.close()
            data.close()
            assert await until_tidy(tmp_path) == []


async def test_d10_a_killed_client_whom_nobody_listens_to_just_then(tmp_path: Path) -> None:
    """The data end cleanly, and the control connection's end has not been read yet."""
    begun, done = anyio.Event(), anyio.Event()

    async def noop(session: Session, argument: str) -> Reply:
        begun.set()
        await done.wait()
        return Reply("200", ("Done.",))

    server = server_of(LocalFileSystem(tmp_path), handlers={"NOOP": noop})
    async with serving(server) as address:
        probe = await (await Probe.connect(address)).log_in()
        data = await probe.open_data()
        await probe.ask("STOR f")
        await data.write(b"x" * 100)
        await probe.send("NOOP")
        await begun.wait()
        probe.stream.close()
        data.close()
        assert await until_tidy(tmp_path) == []
        done.set()


async def test_a_download_broken_off_leaves_the_session_alive(tree: FileSystem) -> None:
    async with logged_in(server_of(tree)) as probe:
        await probe.upload("STOR f", LARGE * 8)
        async with await probe.open_data() as data:
            assert (await probe.ask("RETR f"))[:3] == "150"
            await data.readexactly(1000)
        assert (await probe.reply())[:3] == "426"
        assert (await probe.ask("NOOP"))[:3] == "200"


class FailingFile(WriteFile):
    """A file on a disk that fails after some bytes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.left = 100_000

    async def write(self, data: memoryview, /) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise FileSystemError(self.number, "/f")

    async def commit(self) -> None:
        raise FileSystemError(self.number, "/f")

    async def aclose(self) -> None:
        pass


class FailingTree(MemoryFileSystem):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    async def open_write(self, path: PurePosixPath, **how: object) -> FailingFile:  # type: ignore[override]
        return FailingFile(self.number)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "452"),
        (errno.EDQUOT, "552"),
        (errno.EFBIG, "552"),
        (errno.EIO, "451"),
        (errno.EMFILE, "451"),
        (errno.ENAMETOOLONG, "553"),
    ],
)
@pytest.mark.parametrize("size", [10, 300_000])
async def test_f12_failing_disks(number: int, code: str, size: int) -> None:
    async with logged_in(server_of(FailingTree(number))) as probe:
        assert (await probe.upload("STOR f", bytes(size)))[:3] == code
        assert (await probe.ask("NOOP"))[:3] == "200"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("STOR no/such/f", "550"),
        ("STOR d", "550"),
        ("STOR /", "550"),
        ("RETR d", "550"),
        ("RETR no", "550"),
        ("RETR f/x", "550"),
        ("STOR " + "n" * 300, "553"),
        ("APPE d", "550"),
    ],
)
async def test_refusals_come_before_the_data(tmp_path: Path, line: str, code: str) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").touch()
    async with logged_in(server_of(LocalFileSystem(tmp_path))) as probe:
        await probe.ask("EPSV")
        assert (await probe.ask(line))[:3] == code


P = Permission
RIGHTS = [
    (P(0), "new", "STOR", "550"),
    (P.READ_ONLY, "new", "STOR", "550"),
    (P.CREATE, "new", "STOR", "226"),
    (P.CREATE, "old", "STOR", "550"),
    (P.OVERWRITE, "old", "STOR", "226"),
    (P.OVERWRITE, "new", "STOR", "550"),
    (P.CREATE, "new", "APPE", "226"),
    (P.CREATE, "old", "APPE", "550"),
    (P.APPEND, "old", "APPE", "226"),
    (P.APPEND, "new", "APPE", "550"),
    (P.READ, "old", "RETR", "226"),
    (P.LIST, "old", "RETR", "550"),
    (P.CREATE, "new", "STOU", "226"),
    (P.OVERWRITE, "new", "STOU", "550"),
]


@pytest.mark.parametrize(("rights", "name", "verb", "code"), RIGHTS)
async def test_rights(rights: Permission, name: str, verb: str, code: str) -> None:
    tree = MemoryFileSystem()
    tree.put("/old", b"old")
    server = Server([User("bob", "secret", file_system=tree, permissions=rights)])
    async with logged_in(server) as probe:
        if verb == "RETR":
            assert (await probe.download(f"{verb} {name}"))[1][:3] == code
        else:
            assert (await probe.upload(f"{verb} {name}", b"x"))[:3] == code


@pytest.mark.parametrize(
    ("rights", "offset", "code"),
    [
        (P.OVERWRITE, 2, "550"),
        (P.APPEND, 2, "550"),
        (P.APPEND, 3, "226"),
        (P.APPEND | P.OVERWRITE, 2, "226"),
    ],
)
async def test_rights_to_resume(rights: Permission, offset: int, code: str) -> None:
    tree = MemoryFileSystem()
    tree.put("/old", b"old")
    server = Server([User("bob", "secret", file_system=tree, permissions=rights | P.CREATE)])
    async with logged_in(server) as probe:
        await probe.ask(f"REST {offset}")
        assert (await probe.upload("STOR old", b"x"))[:3] == code


async def test_f14_anonymous_only_reads() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"public")
    async with logged_in(server_of(tree), name="anonymous") as probe:
        assert (await probe.download("RETR f"))[0] == b"public"
        assert (await probe.upload("STOR g", b"x"))[:3] == "550"
        lines = ["MKD d", "DELE f", "RNFR f", "MFMT 20200101000000 f", "SITE CHMOD 600 f"]
        assert await probe.codes(*lines) == ["550"] * 5


async def test_f16_two_uploads_to_one_name_end_with_one_of_them_whole(tree: FileSystem) -> None:
    async with (
        serving(server_of(tree)) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as two,
    ):
        await one.log_in()
        await two.log_in()
        async with await one.open_data() as first, await two.open_data() as second:
            assert await one.codes("STOR f") == await two.codes("STOR f") == ["150"]
            await first.write(b"1" * 100_000)
            await second.write(b"2" * 200_000)
        assert (await one.reply())[:3] == (await two.reply())[:3] == "226"
        content, _ = await one.download("RETR f")
        assert content in (b"1" * 100_000, b"2" * 200_000)


async def test_d15_abor_without_a_transfer() -> None:
    async with logged_in() as probe:
        assert await probe.codes("ABOR", "ABOR", "EPSV", "ABOR", "LIST") == [
            "226",
            "226",
            "229",
            "226",
            "425",
        ]


@pytest.mark.parametrize(
    ("kind", "how"), [("I", ""), ("I", "REST 100000"), ("I", "RANG 100000 7999999"), ("A", "")]
)
async def test_a_file_that_shrinks_while_it_is_sent_is_no_success(
    kind: str, how: str, tree: FileSystem, tmp_path: Path
) -> None:
    """Whoever takes 226 at its word would keep half a file."""
    size = 8_000_000

    def shrink() -> None:
        if isinstance(tree, MemoryFileSystem):
            del tree._file(PurePosixPath("/f")).content[500_000:]
        else:
            os.truncate(tmp_path / "f", 500_000)

    content = b"line\r\n" * (size // 6 + 1)
    async with logged_in(server_of(tree, extensions=["RANG"])) as probe:
        await probe.upload("STOR f", content[:size])
        if how:
            assert (await probe.ask(how))[0] in "23"
        if kind == "A":
            await probe.ask("TYPE A")
        async with await probe.open_data() as data:
            assert (await probe.ask("RETR f"))[:3] == "150"
            received = len(await data.read(1000))
            shrink()
            with suppress(anyio.BrokenResourceError):
                while block := await data.read():
                    received += len(block)
        assert received < size - 100_000
        assert (await probe.reply())[:3] == "451"
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_appends_of_two_at_once_lose_nothing(tree: FileSystem) -> None:
    """The second is told to come again (450); what the first gives up takes nothing along."""
    server = server_of(tree)
    async with (
        serving(server) as address,
        await Probe.connect(address) as first,
        await Probe.connect(address) as second,
    ):
        await first.log_in()
        await second.log_in()
        for before in ("", "0"):
            if before:
                await second.upload("STOR log", before.encode())
            async with await first.open_data() as data:
                assert (await first.ask("APPE log"))[:3] == "150"
                await data.write(b"a" * 200_000)
                reply = await second.upload("APPE log", b"b" * 100_000)
                assert reply[:3] == ("450" if before else "226")
                await first.send("ABOR")
                assert [(await first.reply())[:3] for _ in range(2)] == ["426", "226"]
            size = 1 if before else 100_000
            assert await second.ask("SIZE log") == f"213 {size}"
            assert (await first.upload("APPE log", b"c"))[:3] == "226"
            assert await second.ask("SIZE log") == f"213 {size + 1}"


@pytest.mark.parametrize("line", ["REST 1", "REST 4"])
async def test_appe_after_rest_is_refused(tree: FileSystem, line: str) -> None:
    """Nobody knows what it means: elsewhere the bytes go to the offset, or behind the end."""
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.upload("STOR f", b"1234"))[:3] == "226"
        async with await probe.open_data():
            assert await probe.codes(line, "APPE f") == ["350", "554"]
        assert (await probe.upload("APPE f", b"56"))[:3] == "226"
        assert (await probe.download("RETR f"))[0] == b"123456"
