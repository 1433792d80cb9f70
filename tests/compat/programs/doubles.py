"""A program's unit tests: clients that are mocks, contexts and sleeps that are replaced."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from unittest import mock

import aioftp


async def backup(host, files):
    """The program under test."""
    done = []
    async with aioftp.Client.context(host, 21, "u", "p", socket_timeout=5) as client:
        await client.make_directory("backup")
        for path in files:
            await client.upload(path, f"backup/{path.name}", write_into=True)
            done.append(str(path.name))
            await asyncio.sleep(1)
        async for path, info in client.list("backup"):
            done.append([str(path), info["size"]])
    return done


class FakeLister(aioftp.AsyncListerMixin):
    """Stands for a listing."""

    async def __aiter__(self):
        yield pathlib.PurePosixPath("backup/x"), {"size": "1", "type": "file"}


async def main(root: pathlib.Path) -> list[object]:
    """Some of its tests."""
    told: list[object] = []
    source = root / "x"
    source.write_text("x")
    client = mock.AsyncMock(spec=aioftp.Client)
    client.list = mock.Mock(return_value=FakeLister())

    @contextlib.asynccontextmanager
    async def context(*args, **kwargs):
        told.append([args, sorted(kwargs)])
        yield client

    naps = []
    genuine = asyncio.sleep

    async def nap(seconds):
        naps.append(seconds)
        await genuine(0)

    with (
        mock.patch.object(aioftp.Client, "context", context),
        mock.patch("asyncio.sleep", nap),
    ):
        told.append(await backup("ftp.example.org", [source]))
    told.append([naps, client.upload.await_count, client.make_directory.await_args.args])
    server = aioftp.Server([aioftp.User("u", "p", base_path=root / "served")])
    (root / "served").mkdir()
    await server.start("127.0.0.1", 0)
    port = server.server_port
    original = aioftp.Client.connect

    async def elsewhere(self, host, port_):
        told.append(["asked for", host, port_])
        return await original(self, "127.0.0.1", port)

    with mock.patch.object(aioftp.Client, "connect", elsewhere), mock.patch("asyncio.sleep", nap):
        told.append(await backup("ftp.example.org", [source]))
    with (
        mock.patch.object(
            aioftp.Client,
            "upload",
            side_effect=aioftp.StatusCodeError("2xx", aioftp.Code("552"), [""]),
        ),
        mock.patch.object(aioftp.Client, "connect", elsewhere),
    ):
        try:
            await backup("ftp.example.org", [source])
        except aioftp.StatusCodeError as error:
            told.append([str(code) for code in error.received_codes])
    with (
        mock.patch.object(
            aioftp.Client, "command", autospec=True, side_effect=aioftp.Client.command
        ) as command,
        mock.patch.object(aioftp.Client, "connect", elsewhere),
    ):
        with mock.patch("asyncio.sleep", nap):
            await backup("ftp.example.org", [source])
        verbs = [call.args[1].split()[0] for call in command.await_args_list if call.args[1]]
    told.append(sorted(set(verbs)))
    real = aioftp.Client()
    real.download = mock.AsyncMock(return_value=None)
    await real.download("a", "b")
    told.append(real.download.await_args.args)
    with mock.patch.object(real, "exists", mock.AsyncMock(side_effect=[False, True])):
        told.append([await real.exists("a"), await real.exists("a")])
    with mock.patch.object(aioftp.PathIO, "exists", mock.AsyncMock(return_value=True)):
        told.append(await aioftp.PathIO().exists(root / "none"))
    told.append(issubclass(aioftp.StatusCodeError, aioftp.AIOFTPException))
    await server.close()
    return told
