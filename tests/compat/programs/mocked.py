"""Tests of somebody's program: what it calls is replaced by mocks, sleeps are recorded."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
from typing import Any
from unittest import mock

import aioftp


class Backup:
    """The program that is tested."""

    def __init__(self, host: str, port: int, limit: int | None = None) -> None:
        self.host = host
        self.port = port
        self.limit = limit

    async def run(self, source: pathlib.Path) -> list[str]:
        """Upload a folder's files, newest name last, and keep three of them."""
        async with aioftp.Client.context(
            self.host, self.port, "backup", "secret", write_speed_limit=self.limit
        ) as client:
            for path in sorted(source.iterdir()):
                await client.upload(path)
            names = sorted(str(path) for path, _ in await client.list())
            for name in names[:-3]:
                await client.remove(name)
            return names[-3:]


async def with_a_mock_of_context(source: pathlib.Path) -> list[object]:
    """No server at all."""
    client = mock.AsyncMock(spec=aioftp.Client)
    client.list = mock.AsyncMock(
        return_value=[(pathlib.PurePosixPath(name), {"type": "file"}) for name in "abcde"]
    )
    context = mock.MagicMock()
    context.__aenter__.return_value = client
    with mock.patch.object(aioftp.Client, "context", return_value=context) as patched:
        kept = await Backup("nowhere", 1).run(source)
    return [
        kept,
        patched.call_args.args,
        [call.args[0].name for call in client.upload.await_args_list],
        [call.args[0] for call in client.remove.await_args_list],
    ]


async def with_recorded_sleeps(source: pathlib.Path, port: int) -> list[object]:
    """A limit under which nobody waits: the last wait would end when all is paid."""
    ends = []
    loop = asyncio.get_running_loop()
    genuine = asyncio.sleep

    async def sleep(delay: float, result: Any = None) -> Any:
        ends.append(loop.time() + delay)
        await genuine(0)
        return result

    began = loop.time()
    with mock.patch("asyncio.sleep", sleep):
        kept = await Backup("127.0.0.1", port, limit=10_000).run(source)
    return [kept, bool(ends), round((max(ends) - began) / 10) * 10]


async def with_patched_methods(port: int) -> list[object]:
    """Single methods of a real client."""
    told: list[object] = []
    client = aioftp.Client()
    with mock.patch.object(aioftp.client, "open_connection", side_effect=OSError("no network")):
        try:
            await client.connect("127.0.0.1", port)
        except OSError as error:
            told.append(str(error))
    await client.connect("127.0.0.1", port)
    await client.login("backup", "secret")
    answers = mock.AsyncMock(return_value=(aioftp.Code("257"), [' "/mocked"']))
    with mock.patch.object(aioftp.Client, "command", answers):
        told.append(str(await client.get_current_directory()))
    told.append(answers.await_args_list)
    with mock.patch.object(client, "parse_line", side_effect=ConnectionResetError):
        try:
            await client.get_current_directory()
        except ConnectionError as error:
            told.append(type(error).__name__)
    with mock.patch.object(aioftp.Client, "list", mock.AsyncMock(return_value=[])):
        told.append(await client.list())
    client.close()
    return told


async def main(root: pathlib.Path) -> list[object]:
    """All of them."""
    (root / "remote").mkdir()
    source = root / "source"
    source.mkdir()
    for name in "abcd":
        (source / name).write_bytes(bytes(50_000))
    server = aioftp.Server([aioftp.User("backup", "secret", base_path=root / "remote")])
    await server.start("127.0.0.1", 0)
    port = server.server_port
    told = [
        *await with_a_mock_of_context(source),
        *await with_recorded_sleeps(source, port),
        *await with_patched_methods(port),
    ]
    await server.close()
    return told
