"""aioftp: EPSV, MLSD and MLST.

Over TLS it does the handshake on a data connection before it sends the command that it is
for; servers take connections only then (vsftpd, pure-ftpd, ours), so both would wait for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import ClassVar

import aioftp

from interop.clients._interface import TLS, FtpClient, Mode


class AioFtp(FtpClient):
    tls: ClassVar[tuple[TLS, ...]] = ("off",)
    modes: ClassVar[tuple[Mode, ...]] = ("passive",)

    def list(self) -> str:
        return asyncio.run(self._list())

    async def _list(self) -> str:
        async with self._logged_in() as client:
            return "\n".join(f"{path} {info}" for path, info in await client.list())

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        asyncio.run(self._download(name, target, resume))

    async def _download(self, name: str, target: Path, resume: bool) -> None:
        async with self._logged_in() as client:
            if not resume:
                await client.download(name, str(target), write_into=True)
                return
            with open(target, "ab") as file:
                async with client.download_stream(name, offset=file.tell()) as stream:
                    async for block in stream.iter_by_block():
                        file.write(block)

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        asyncio.run(self._upload(source, name, offset))

    async def _upload(self, source: Path, name: str, offset: int) -> None:
        async with self._logged_in() as client:
            if not offset:
                await client.upload(source, name, write_into=True)
                return
            async with client.upload_stream(name, offset=offset) as stream:
                await stream.write(source.read_bytes()[offset:])

    def rename(self, old: str, new: str) -> None:
        asyncio.run(self._do("rename", old, new))

    def delete(self, name: str) -> None:
        asyncio.run(self._do("remove", name))

    def make_directory(self, name: str) -> None:
        asyncio.run(self._do("make_directory", name))

    async def _do(self, method: str, *names: str) -> None:
        async with self._logged_in() as client:
            await getattr(client, method)(*names)

    @asynccontextmanager
    async def _logged_in(self) -> AsyncIterator[aioftp.Client]:
        place = self.place
        login = (place.host, place.port, place.user, place.password)
        async with aioftp.Client.context(*login, socket_timeout=15) as client:
            await client.change_directory(PurePosixPath(place.folder))
            yield client
