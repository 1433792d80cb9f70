"""Attacks on processors and disks: what SECURITY rows A3 and A13 ask beyond the modules' tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp._fs import LocalFileSystem
from anyftp._fs._jail import Walk
from anyftp._server import Server, User, hash_password
from anyftp._server._users._passwords import ConstantWork, PasswordHash
from server.probe import Address, Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


class SlowWork:
    """Hashing that takes until it is let go; counts how many are at it."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.now = 0
        self.most = 0
        self._lock = threading.Lock()

    def work(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(15)
        with self._lock:
            self.now -= 1


@contextmanager
def slow_hashing(patch: pytest.MonkeyPatch) -> Iterator[SlowWork]:
    slow, matches = SlowWork(), ConstantWork.matches

    def slowly(self: ConstantWork, hashed: PasswordHash | None, password: str) -> bool:
        slow.work()
        return matches(self, hashed, password)

    patch.setattr(ConstantWork, "matches", slowly)
    try:
        yield slow
    finally:
        slow.go.set()


async def test_a3_a_crowd_that_logs_in_holds_up_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hashes at a time; whoever is logged in goes on, with files and their worker threads."""
    (tmp_path / "f").write_bytes(b"x" * 200_000)
    bob = User("bob", hash_password("secret"), file_system=LocalFileSystem(tmp_path))
    server = Server([bob], login_delay=0.0, max_connections_per_address=100)
    async with serving(server) as address, await Probe.connect(address) as calm:
        await calm.log_in()
        with slow_hashing(monkeypatch) as slow:
            crowd = [await Probe.connect(address) for _ in range(20)]
            for number, probe in enumerate(crowd):
                await probe.reply()
                await probe.send("USER bob", "PASS secret" if number % 2 else "PASS wrong")
            with anyio.fail_after(10):
                while slow.most < 2:
                    await anyio.sleep(0.01)
            for _ in range(5):
                assert len((await calm.download("RETR f"))[0]) == 200_000
                assert (await calm.upload("STOR g", b"y" * 200_000))[:3] == "226"
            assert slow.most == slow.now == 2
        for number, probe in enumerate(crowd):
            codes = [(await probe.reply())[:3] for _ in range(2)]
            assert codes == ["331", "230" if number % 2 else "530"]
            probe.stream.close()


async def test_a3_whoever_waits_too_long_for_a_hash_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are being hashed; the others, whose turn does not come, are not left without a word."""
    bob = User("bob", hash_password("secret"), file_system=LocalFileSystem(tmp_path))
    told: list[str] = []

    async def log_in(address: Address) -> None:
        async with await Probe.connect(address) as probe:
            await probe.reply()
            await probe.send("USER bob", "PASS secret")
            codes = [(await probe.reply())[:3] for _ in range(2)]
            told.append(codes[1])

    async with serving(Server([bob], login_timeout=0.3)) as address:
        with slow_hashing(monkeypatch) as slow, anyio.fail_after(15):
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(log_in, address)
                while len(told) < 3:
                    await anyio.sleep(0.01)
                assert told == ["421"] * 3
                slow.go.set()
    assert len(told) == 5


#: What may wait for a disk.
_OF_DISKS = [
    "open",
    "read",
    "readv",
    "pread",
    "write",
    "lstat",
    "scandir",
    "rename",
    "replace",
    "link",
    "unlink",
    "mkdir",
]


@contextmanager
def watched_disk_calls(patch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bool]]]:
    """Notes each call of the system that may wait for a disk, and whether the loop waited too."""
    seen: list[tuple[str, bool]] = []
    loop_thread = threading.get_ident()

    def watched(name: str) -> Callable[..., Any]:
        call = getattr(os, name)

        def noted(*args: Any, **options: Any) -> Any:
            seen.append((name, threading.get_ident() == loop_thread))
            return call(*args, **options)

        return noted

    with patch.context() as within:
        for name in _OF_DISKS:
            within.setattr(os, name, watched(name))
        yield seen


async def test_a13_no_disk_holds_up_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "big").write_bytes(bytes(300_000))
    async with logged_in(server_of(LocalFileSystem(tmp_path))) as probe:
        with watched_disk_calls(monkeypatch) as seen:
            assert len((await probe.download("RETR big"))[0]) == 300_000
            assert (await probe.upload("STOR new", bytes(300_000)))[:3] == "226"
            assert (await probe.upload("STOR small", b"x"))[:3] == "226"
            assert (await probe.upload("APPE small", b"y"))[:3] == "226"
            assert b"big" in (await probe.download("MLSD"))[0]
            assert b"big" in (await probe.download("LIST"))[0]
            commands = [
                "MKD d",
                "SIZE big",
                "MDTM big",
                "RNFR small",
                "RNTO d/s",
                "DELE d/s",
                "RMD d",
            ]
            assert all(code[0] in "23" for code in await probe.codes(*commands))
    assert {name for name, _ in seen} >= {"open", "write", "lstat", "scandir", "unlink", "mkdir"}
    assert [name for name, by_loop in seen if by_loop] == []


class HangingDisk:
    """Holds every worker thread that asks about a path with "hung" in it, until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self.nheld = 0
        run, sendfile = Walk.run, os.sendfile

        def walk(walk: Walk, follow: bool) -> None:
            if any("hung" in name for name in walk._left):
                self.hang()
            run(walk, follow)

        def send(to: int, fd: int, *args: Any) -> int:
            if "stuck" in os.readlink(f"/proc/self/fd/{fd}"):
                self.hang()
            return sendfile(to, fd, *args)

        patch.setattr(Walk, "run", walk)
        patch.setattr(os, "sendfile", send)

    def hang(self) -> None:
        self.nheld += 1
        self.let_go.wait(30)


HANGING = ["SIZE hung", "RETR hung", "STOR hung", "MLSD hung", "RETR stuck"]


@pytest.mark.one_loop  # threads hang, whatever the loop
@pytest.mark.parametrize("command", HANGING)
async def test_a13_a_disk_that_hangs_holds_up_its_user_alone(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others come in, and go on in the same file system; by passwords that take hashing too."""
    tree = LocalFileSystem(tmp_path)
    (tmp_path / "f").write_bytes(b"x" * 200_000)
    (tmp_path / "stuck").write_bytes(b"x" * 3_000_000)
    users = [
        User("ann", "secret", file_system=tree),
        User("bob", "secret", file_system=tree),
        User("eve", hash_password("secret"), file_system=LocalFileSystem(tmp_path)),
    ]
    server = Server(users, max_connections_per_address=100, max_connections=100)
    disk = HangingDisk(monkeypatch)
    try:
        async with serving(server) as address, AsyncExitStack() as clients:
            for _ in range(24):
                ann = await clients.enter_async_context(await Probe.connect(address))
                await ann.log_in("ann")
                if command[:4] in ("RETR", "STOR", "MLSD"):
                    await clients.enter_async_context(await ann.open_data())
                await ann.send(command)
            with anyio.fail_after(10):
                while disk.nheld < 16:
                    await anyio.sleep(0.01)
            for name in ("bob", "eve"):
                with anyio.fail_after(5):
                    probe = await clients.enter_async_context(await Probe.connect(address))
                    await probe.log_in(name)
                    for _ in range(3):
                        assert len((await probe.download("RETR f"))[0]) == 200_000
                        assert (await probe.upload("STOR g", bytes(200_000)))[:3] == "226"
            disk.let_go.set()
    finally:
        disk.let_go.set()
