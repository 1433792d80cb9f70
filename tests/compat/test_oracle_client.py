"""The same programs on aioftp and on its stand-in, against the same server: same values and errors.

A program gets a logged-in client, the remote folder that is its own, and a local one. What it
returns, or the exception that it raises, is compared; deliberate differences are tested in
test_differences.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import anyftp_compat
from compat.peer import Peer
from support.clocks import ASYNCIO, UVLOOP

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.interop,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Program = Callable[[Any, PurePosixPath, Path], Awaitable[Any]]

_PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    _PROGRAMS[function.__name__] = function
    return function


#: Event loop and server; uvloop once is enough, it is the same code.
PLACES = [
    pytest.param(ASYNCIO, "pyftpdlib", id="pyftpdlib"),
    pytest.param(UVLOOP, "pyftpdlib", id="pyftpdlib-uvloop"),
    pytest.param(ASYNCIO, "aioftp", id="aioftp"),
    pytest.param(ASYNCIO, "vsftpd", id="vsftpd"),
]


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


def plant(root: Path) -> None:
    """The tree that every program begins with."""
    (root / "dir" / "sub").mkdir(parents=True)
    (root / "dir" / "one.txt").write_bytes(b"one")
    (root / "dir" / "sub" / "two.txt").write_bytes(b"two, two")
    (root / "empty").mkdir()
    (root / "file").write_bytes(bytes(range(256)) * 1000)
    (root / "lines").write_bytes(b"first\nsecond\r\nlast")
    (root / "with blank").write_bytes(b"blank")
    (root / "häßlich").write_bytes(b"umlaut")


def told(value: Any) -> Any:
    """A value without what differs from run to run."""
    if isinstance(value, dict):
        volatile = ("modify", "create", "unique", "unix.uid", "unix.gid")
        return {key: told(item) for key, item in value.items() if key not in volatile}
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    return value


def tree(root: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


async def outcome(package: Any, peer: Peer, run: Program, local: Path, name: str) -> Any:
    folder = peer.root / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    plant(folder)
    if peer.root.stat().st_uid != os.geteuid():  # a daemon works as another account
        for path in (folder, *folder.rglob("*")):
            os.chown(path, peer.root.stat().st_uid, peer.root.stat().st_gid)
    shutil.rmtree(local, ignore_errors=True)
    local.mkdir()
    result: Any
    try:
        client = package.Client(socket_timeout=5)
        await client.connect("127.0.0.1", peer.port)
        try:
            await client.login("user", "secret")
            result = told(await run(client, PurePosixPath("/", name), local))
        finally:
            client.close()
            gc.collect()
            await asyncio.sleep(0.01)
    except Exception as error:
        codes = getattr(error, "received_codes", None)
        result = (type(error).__name__, codes and [str(code) for code in codes])
    return result, tree(folder), tree(local)


@program
async def where_are_we(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.change_directory(base / "dir")
    first = await client.get_current_directory()
    await client.change_directory()
    return first, await client.get_current_directory()


@program
async def change_to_nowhere(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.change_directory(base / "nowhere")


@program
async def make_and_remove(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.make_directory(base / "a" / "b" / "c")
    await client.make_directory(base / "a" / "b")
    await client.remove_directory(base / "a" / "b" / "c")
    return await client.exists(base / "a" / "b"), await client.exists(base / "a" / "b" / "c")


@program
async def make_without_parents(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.make_directory(base / "new", parents=False)
    await client.make_directory(base / "x" / "y", parents=False)


@program
async def remove_full_folder(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.remove_directory(base / "dir")


@program
async def remove_tree(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.remove(base / "dir")
    await client.remove(base / "file")
    return await client.remove(base / "nothing")


@program
async def remove_missing_file(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.remove_file(base / "nothing")


@program
async def list_awaited(client: Any, base: PurePosixPath, local: Path) -> Any:
    return sorted(await client.list(base), key=str)


@program
async def list_iterated(client: Any, base: PurePosixPath, local: Path) -> Any:
    return sorted([entry async for entry in client.list(str(base))], key=str)


@program
async def list_recursive(client: Any, base: PurePosixPath, local: Path) -> Any:
    return sorted(await client.list(base, recursive=True), key=str)


@program
async def list_by_list(client: Any, base: PurePosixPath, local: Path) -> Any:
    return sorted(await client.list(base, raw_command="LIST"), key=str)


@program
async def list_relative(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.change_directory(base)
    here = sorted(await client.list(), key=str)
    return here, sorted(await client.list("dir"), key=str)


@program
async def list_empty(client: Any, base: PurePosixPath, local: Path) -> Any:
    return await client.list(base / "empty")


@program
async def list_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    return await client.list(base / "nothing")


@program
async def list_badly(client: Any, base: PurePosixPath, local: Path) -> Any:
    return await client.list(base, raw_command="NLST")


@program
async def stat(client: Any, base: PurePosixPath, local: Path) -> Any:
    return await client.stat(base / "file"), await client.stat(base / "dir")


@program
async def stat_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    return await client.stat(base / "nothing")


@program
async def kinds(client: Any, base: PurePosixPath, local: Path) -> Any:
    found = []
    for name in ("file", "dir", "with blank", "häßlich"):
        path = base / name
        found.append((await client.is_file(path), await client.is_dir(path)))
    return found, await client.exists(base / "file"), await client.exists(base / "nothing")


@program
async def is_file_of_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    return await client.is_file(base / "nothing")


@program
async def rename(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.rename(base / "file", base / "renamed")
    await client.rename(base / "nothing", base / "something")


@program
async def stream_down(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.download_stream(base / "file") as stream:
        return await stream.read()


@program
async def stream_down_from_offset(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.download_stream(base / "file", offset=255_990) as stream:
        exactly = await stream.readexactly(4)
        return exactly, await stream.read(), await stream.read()


@program
async def stream_lines(client: Any, base: PurePosixPath, local: Path) -> Any:
    stream = await client.download_stream(base / "lines")
    lines = [line async for line in stream.iter_by_line()]
    await stream.finish()
    return lines, await client.get_current_directory()


@program
async def stream_exactly_too_much(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.download_stream(base / "lines") as stream:
        await stream.readexactly(1000)


@program
async def stream_up(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.upload_stream(base / "up") as stream:
        for number in range(100):
            await stream.write(b"%d," % number)
    async with client.append_stream(base / "up") as stream:
        await stream.write(b"more")


@program
async def stream_up_from_offset(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.upload_stream(base / "lines", offset=6) as stream:
        await stream.write(b"SECOND")


@program
async def stream_of_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.download_stream(base / "nothing") as stream:
        await stream.read()


@program
async def stream_up_into_nowhere(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.upload_stream(base / "no" / "where") as stream:
        await stream.write(b"x")


@program
async def stream_left_by_error(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.upload_stream(base / "up") as stream:
        await stream.write(b"x")
        raise KeyError


@program
async def any_stream(client: Any, base: PurePosixPath, local: Path) -> Any:
    async with client.get_stream(f"NLST {base}", "1xx") as stream:
        return sorted((await stream.read()).split())


@program
async def a_data_connection_by_hand(client: Any, base: PurePosixPath, local: Path) -> Any:
    reader, writer = await client.get_passive_connection()
    await client.command(f"RETR {base / 'file'}", "1xx")
    data = await reader.read()
    writer.close()
    await client.command(None, "226")
    return data


@program
async def by_pasv_only(client: Any, base: PurePosixPath, local: Path) -> Any:
    reader, writer = await client.get_passive_connection("I", commands=["pasv"])
    await client.command(f"RETR {base / 'lines'}", "1xx")
    data = await reader.read()
    writer.close()
    return data, (await client.command(None, "2xx"))[0]


@program
async def no_such_passive_command(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.get_passive_connection(commands=["port"])


@program
async def commands(client: Any, base: PurePosixPath, local: Path) -> Any:
    plain = await client.command("NOOP", "2xx")
    unread = await client.command("NOOP")
    later = await client.command(None, ("1xx", "200"))
    code, lines = await client.command("FEAT", "211", "1xx")
    await client.command("SIZE /", "9xx", censor_after=4)
    return plain, unread, later, code, lines


@program
async def replies_by_hand(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.command("NOOP")
    line = await client.parse_line()
    await client.command("PWD")
    code, info = await client.parse_response()
    return line[0], type(line[0]).__name__, line[1][:1], code, type(code).__name__, len(info)


@program
async def lines_of_a_long_reply(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.command(f"MLST {base / 'file'}")
    lines = [await client.parse_line() for _ in range(3)]
    return [(line[:1], rest[:1]) for line, rest in lines], (await client.command("PWD", "2xx"))[0]


@program
async def codes_by_hand(client: Any, base: PurePosixPath, local: Path) -> Any:
    code_of = type((await client.command("NOOP", "2xx"))[0])
    masks = (code_of("3xx"), code_of("22x"))
    found = [client.check_codes(masks, code_of("226"), ["fine"])]
    for wanted in (masks, (code_of("1xx"),)):
        try:
            client.check_codes(wanted, code_of("550"), ["no"])
        except Exception as error:
            found.append((type(error).__name__, error.args, error.expected_codes))  # type: ignore[attr-defined]
    return found


@program
async def tls_that_is_refused(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.upgrade_to_tls()


@program
async def another_by_context(client: Any, base: PurePosixPath, local: Path) -> Any:
    where = client.server_host, client.server_port
    async with type(client).context(*where, "user", "secret", socket_timeout=5) as other:
        assert type(other) is type(client)
        found = [await other.exists(base / "file")]
    with contextlib.suppress(KeyError):
        async with type(client).context(*where, "user", "secret", path_timeout=1) as other:
            raise KeyError
    async with type(client).context(*where, user="user", password="wrong"):
        found.append("let in")
    return found


@program
async def unexpected_code(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.command("NOOP", ("3xx", "4xx"))


@program
async def injected_line(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.change_directory("x\r\nDELE file")


@program
async def quit_and_go_on(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.quit()
    await client.command("NOOP", "2xx")


@program
async def wrong_password(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.login("user", "wrong")


@program
async def download_file(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.download(base / "file", local)
    await client.download(base / "lines", local / "new" / "name", write_into=True)


@program
async def download_tree(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.download(base / "dir", local)
    await client.download(base / "dir", local / "other", write_into=True)


@program
async def download_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.download(base / "nothing", local)


@program
async def upload_file(client: Any, base: PurePosixPath, local: Path) -> Any:
    (local / "up.bin").write_bytes(bytes(300_000))
    await client.upload(local / "up.bin", base / "new" / "folder")
    await client.upload(str(local / "up.bin"), base / "as", write_into=True)


@program
async def upload_tree(client: Any, base: PurePosixPath, local: Path) -> Any:
    plant(local)
    await client.change_directory(base / "empty")
    await client.upload(local / "dir")
    await client.upload(local / "dir", "as", write_into=True)


@program
async def upload_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.upload(local / "nothing", base)


def reason_of(package_error: Any) -> Any:
    """What a PathIOError says went wrong."""
    kind, error, _ = package_error.reason
    return kind.__name__, error.errno


@program
async def download_to_a_full_disk(client: Any, base: PurePosixPath, local: Path) -> Any:
    try:
        await client.download(base / "file", "/dev/full", write_into=True)
    except Exception as error:
        return type(error).__name__, reason_of(error)


@program
async def download_to_a_folder(client: Any, base: PurePosixPath, local: Path) -> Any:
    (local / "taken").mkdir()
    try:
        await client.download(base / "file", local / "taken", write_into=True)
    except Exception as error:
        return type(error).__name__, reason_of(error)


@program
async def upload_what_cannot_be_read(client: Any, base: PurePosixPath, local: Path) -> Any:
    try:
        await client.upload("/proc/self/mem", base / "up", write_into=True)
    except Exception as error:
        return type(error).__name__, reason_of(error)


@program
async def abort_nothing(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.abort()


@program
async def abort_nothing_without_waiting(client: Any, base: PurePosixPath, local: Path) -> Any:
    await client.abort(wait=False)
    return await client.command(None, "2xx")


@pytest.mark.parametrize(("anyio_backend", "shared_peer"), PLACES, indirect=["shared_peer"])
@pytest.mark.parametrize("name", _PROGRAMS)
async def test_same_outcome(name: str, oracle: Any, shared_peer: Peer, tmp_path: Path) -> None:
    run = _PROGRAMS[name]
    if name == "quit_and_go_on" and "uvloop" in type(asyncio.get_running_loop()).__module__:
        pytest.skip("uvloop raises RuntimeError where asyncio raises ConnectionResetError")
    local = tmp_path / "local"
    expected = await outcome(oracle, shared_peer, run, local, "run")
    found = await outcome(anyftp_compat, shared_peer, run, local, "run")
    if name == "stream_left_by_error":  # how much of it came is the server's affair
        for _, remote, _ in (expected, found):
            remote.pop("up", None)
    assert found[0] == expected[0]
    assert found[1:] == expected[1:]


@pytest.mark.parametrize("shared_peer", ["aioftp"], indirect=True)
async def test_asked_in_the_course_of_a_download(oracle: Any, shared_peer: Peer) -> None:
    """Of a server that answers at once."""
    content = bytes(range(256)) * (1 << 16)
    (shared_peer.root / "asked").write_bytes(content)
    for package in (oracle, anyftp_compat):
        async with package.Client.context(
            "127.0.0.1", shared_peer.port, "user", "secret", socket_timeout=5
        ) as client:
            async with client.download_stream("asked") as stream:
                assert (await client.stat("asked"))["size"] == str(len(content))
                assert await stream.read() == content
            assert str(await client.get_current_directory()) == "/"


def test_aioftp_is_not_what_is_tested() -> None:
    assert importlib.import_module("anyftp_compat").Client is anyftp_compat.Client
