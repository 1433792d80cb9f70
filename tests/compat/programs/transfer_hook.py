"""A hook of a scheduler: a connection is made when it is needed, and every failure is its own."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import contextlib
import datetime
import pathlib
from collections.abc import AsyncIterator

import aioftp


class HookError(Exception):
    """What tasks see."""


class Hook:
    """Keeps a context, and enters it by hand."""

    def __init__(self, host: str, port: int, login: str, password: str) -> None:
        self.args = host, port, login, password
        self._context = None
        self._client = None

    async def get_conn(self) -> aioftp.Client:
        """The connection, made on first use."""
        if self._client is None:
            self._context = aioftp.Client.context(*self.args, connection_timeout=5)
            try:
                self._client = await self._context.__aenter__()
            except aioftp.StatusCodeError as error:
                if any(code.matches("530") for code in error.received_codes):
                    raise HookError("login rejected") from error
                raise HookError(f"FTP error {error.received_codes}") from error
            except OSError as error:
                raise HookError(f"cannot connect: {type(error).__name__}") from error
        return self._client

    async def close(self) -> None:
        """The end; more than once is fine."""
        if self._context is not None and self._client is not None:
            await self._context.__aexit__(None, None, None)
        self._client = self._context = None

    async def describe(self, path: str) -> dict[str, dict[str, str]]:
        """Name to facts."""
        conn = await self.get_conn()
        keys = ("size", "type")
        return {
            str(found): {key: info[key] for key in keys if key in info and info["type"] == "file"}
            for found, info in await conn.list(path)
        }

    async def mod_time(self, path: str) -> datetime.datetime:
        """When it was changed."""
        facts = await (await self.get_conn()).stat(path)
        return datetime.datetime.strptime(facts["modify"][:14], "%Y%m%d%H%M%S")

    async def retrieve(self, path: str, target: pathlib.Path) -> None:
        """To a name of one's own."""
        conn = await self.get_conn()
        await asyncio.wait_for(conn.download(path, target, write_into=True), 5)

    async def store(self, path: str, source: pathlib.Path) -> None:
        """With the folders above."""
        conn = await self.get_conn()
        parent = pathlib.PurePosixPath(path).parent
        with contextlib.suppress(aioftp.StatusCodeError):
            await asyncio.wait_for(conn.make_directory(parent), 5)
        await conn.upload(source, path, write_into=True)


@contextlib.asynccontextmanager
async def hook(*args: object) -> AsyncIterator[Hook]:
    """One that is closed."""
    made = Hook(*args)
    try:
        yield made
    finally:
        await made.close()


async def main(root: pathlib.Path) -> list[object]:
    """A day of tasks."""
    served = root / "served"
    served.mkdir()
    server = aioftp.Server([aioftp.User("etl", "secret", base_path=served)])
    await server.start("127.0.0.1", 0)
    host, port = server.address
    told: list[object] = []
    (root / "report.csv").write_text("a;b\n1;2\n")
    async with hook(host, port, "etl", "secret") as one:
        await one.store("out/2024/05/report.csv", root / "report.csv")
        await one.store("out/2024/05/second.csv", root / "report.csv")
        told.append(await one.describe("out/2024/05"))
        told.append(await one.describe("out"))
        age = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        told.append(age - await one.mod_time("out/2024/05/report.csv") < datetime.timedelta(1))
        await one.retrieve("out/2024/05/report.csv", root / "back.csv")
        told.append((root / "back.csv").read_text())
        for path in ("nothing", "out/nothing/at/all"):
            try:
                await one.retrieve(path, root / "nothing")
            except aioftp.StatusCodeError as error:
                told.append((error.received_codes, (root / "nothing").exists()))
        await one.close()
        told.append(sorted(await one.describe("")))  # it connects again
    for login, password in (("etl", "wrong"), ("etl", "")):
        async with hook(host, port, login, password) as refused:
            try:
                await refused.describe("")
            except HookError as error:
                told.append(str(error))
    await server.close()
    async with hook(host, port, "etl", "secret") as gone:
        try:
            await gone.describe("")
        except HookError as error:
            told.append(str(error))
    return told
