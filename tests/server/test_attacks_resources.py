"""Attacks on processors: what SECURITY row A3 asks beyond the tests of the modules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from anyftp._fs import LocalFileSystem
from anyftp._server import Server, User, hash_password
from anyftp._server._passwords import ConstantWork, PasswordHash
from server.probe import Address, Probe, serving

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
            crowd = [await Probe.connect(address) for _ in range(50)]
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
