"""Each verb with arguments of all kinds: one reply to each, and no fault of ours behind any."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem
from anyftp._protocol import OPTIONAL_VERBS
from server.probe import Probe, logged_in, server_of

pytestmark = pytest.mark.anyio

ALL = server_of(extensions=OPTIONAL_VERBS)._shared.options.verbs
#: Those that end the session or its login, or turn it into something else.
LEAVING = {"QUIT", "REIN", "USER", "ACCT", "CCC", "AUTH"}
ANY = sorted(set(ALL) - LEAVING)

PATHS = "/ // . .. ../.. /../../etc/passwd folder folder/ folder/.. new file file/ file/x absent/x"
PATHS += " f* [ a\\b -la %s é \x7f ~ CON C:\\x .hidden"
NAMES = [*PATHS.split(" "), "-la /folder", " lead", "x" * 300, "y/" * 500, "\t", '"', '""']
WORDS = ["A", "I", "L", "E", "F", "R", "S", "B", "Z", "C", "P", "TLS", "ALL", "en", "UTF8", "MLST"]
WORDS += ["HELP", "CHMOD", "0", "1", "-1", "1.5", "0x10", "٣", "+1"]
LINES = """\
A N
L 8
UTF8 ON
MLST type;size;
HASH SHA-256
HASH rot13
MODE Z LEVEL 9
CHMOD 600 file
CHMOD 9 file
UTIME 20200101000000 file
UTIME file
5 5
1 2
2 1
0 0
1 2 3
99999999999999999999999999999999999999999
20200101000000 file
20201301000000 file
2020 file
00000101000000 file
99991231235959.999 file
modify=20200101000000;UNIX.mode=600; file
modify=x; file
127,0,0,1,1,1
1,2,3
256,0,0,1,0,1
|1|127.0.0.1|1|
|2|::1|99999|
|3|x|1|
||||
"file" 0 3
"file" 3 0
file 0 3
"file
file -1 5
file 0 99999999999999999999999999999999"""
ARGUMENTS = ["", *NAMES, *WORDS, *LINES.splitlines()]


@pytest.fixture
def anyio_backend() -> str:
    """One is enough: what is tried here knows of no backend."""
    return "asyncio"


@pytest.fixture(params=["memory", "local"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    """A folder and a file."""
    if request.param == "memory":
        memory = MemoryFileSystem()
        memory.put("/folder/inner", b"inner")
        memory.put("/file", b"one\r\ntwo\n")
        return memory
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"one\r\ntwo\n")
    return LocalFileSystem(tmp_path)


async def settled(probe: Probe, line: str) -> str:
    """The last reply to a command; its data connection, if it wants one, is closed at once."""
    if not ALL[line.partition(" ")[0]].data:
        return await probe.ask(line)
    async with await probe.open_data():
        await probe.send(line)
    reply = await probe.reply()
    return await probe.reply() if reply[0] == "1" else reply


@pytest.mark.parametrize("verb", ANY)
async def test_whatever_its_argument(
    verb: str, tree: FileSystem, caplog: pytest.LogCaptureFixture
) -> None:
    server = server_of(
        tree, extensions=OPTIONAL_VERBS, max_unknown_commands=1000, accept_timeout=5.0
    )
    async with logged_in(server) as probe:
        for argument in ARGUMENTS:
            reply = await settled(probe, f"{verb} {argument}".rstrip(" "))
            assert reply[:1] in "2345", argument
            assert reply[1:3].isdigit(), argument
            assert not [r for r in caplog.records if r.levelno >= logging.ERROR], argument
            if verb in ("EPSV", "TYPE", "MODE", "STRU", "CWD", "XCWD"):  # back to where it was
                await probe.codes("EPSV 1", "TYPE I", "MODE S", "CWD /")
        assert (await probe.ask("NOOP"))[:3] == "200"


@pytest.mark.parametrize("verb", ANY)
async def test_where_the_users_folder_is_gone(
    verb: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = server_of(LocalFileSystem(home), extensions=OPTIONAL_VERBS, max_unknown_commands=1000)
    async with logged_in(server) as probe:
        home.rmdir()
        for argument in ["", "/", "..", "file", "folder/file", "-R", "CHMOD 600 /", '"/" 0 1']:
            reply = await settled(probe, f"{verb} {argument}".rstrip(" "))
            assert reply[:1] in "2345", argument
            assert not [r for r in caplog.records if r.levelno >= logging.ERROR], argument
        assert (await probe.ask("NOOP"))[:3] == "200"
