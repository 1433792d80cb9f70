"""Programs each job of which is a task of its own, on an event loop that nobody gave to anyio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from anyftp import Client
from anyftp.testing import ServerThread

#: Two of a size that the kernel copies, the rest small.
CONTENTS = {f"file{number}": b"x" * (2_000_000 if number < 2 else 3000) for number in range(100)}

Job = Callable[[], Coroutine[Any, Any, None]]


def one_loop_for_each_run(loop: asyncio.AbstractEventLoop, jobs: list[Job]) -> None:
    """As a program does that is not async itself."""
    for job in jobs:
        loop.run_until_complete(job())


def one_loop_for_ever(loop: asyncio.AbstractEventLoop, jobs: list[Job]) -> None:
    """As Jupyter and Home Assistant do."""

    async def run() -> None:
        try:
            for job in jobs:
                await asyncio.create_task(job())
        finally:
            loop.stop()

    task = loop.create_task(run())
    loop.run_forever()
    task.result()


@pytest.mark.parametrize("run", [one_loop_for_each_run, one_loop_for_ever])
@pytest.mark.parametrize("loops", ["asyncio", "uvloop"])
def test_a_hundred_files_take_a_handful_of_threads(
    run: Callable[[asyncio.AbstractEventLoop, list[Job]], None],
    loops: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def start_and_count(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    make_loop = asyncio.new_event_loop
    if loops == "uvloop":
        make_loop = pytest.importorskip("uvloop", reason="uvloop is not installed").new_event_loop
    with ServerThread() as server:
        for name, content in CONTENTS.items():
            server.put(name, content)
        client = Client()

        async def connect() -> None:
            await client.connect("127.0.0.1", server.port)
            await client.login(server.user, server.password)

        def there_and_back(name: str) -> Job:
            async def job() -> None:
                await client.download(name, tmp_path / name)
                await client.upload(tmp_path / name, f"copy of {name}")

            return job

        loop = make_loop()
        try:
            monkeypatch.setattr(threading.Thread, "start", start_and_count)
            run(loop, [connect, *map(there_and_back, CONTENTS), client.quit])
        finally:
            monkeypatch.undo()
            loop.close()
        for name, content in CONTENTS.items():
            assert server.get(f"copy of {name}") == content
    assert len(started) <= 5, started
