"""Client: aioftp's methods over the core's client."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Self, Unpack

from .._ground._codes import (
    DEFAULT_ACCOUNT,
    DEFAULT_BLOCK_SIZE,
    DEFAULT_PASSWORD,
    DEFAULT_PORT,
    DEFAULT_USER,
)
from .._ground._errors import AIOFTPException
from ._base_client import RemotePath, local_path, pure_path
from ._commands import Commands
from ._connecting import ContextArgs
from ._data_connections import DataConnections
from ._files import download_file, upload_file
from ._listing import Listings


class Client(Commands, DataConnections, Listings):
    """An FTP client.

    Args:
        socket_timeout: seconds for a reply, and for data to move.
        connection_timeout: seconds to connect.
        read_speed_limit, write_speed_limit: bytes per second.
        path_timeout: seconds for an operation on local files.
        path_io_factory: makes the local file system.
        encoding: of names.
        ssl: a context, or True for the default one: TLS from the first byte.
        parse_list_line_custom: a parser of lines of LIST of one's own.
        parse_list_line_custom_first: whether it is asked first or last.
        passive_commands: "epsv" and "pasv" in the order in which they are to be tried.
        trust_server_pasv_ipv4_address: connect to the address in the reply to PASV.
        siosocks_asyncio_kwargs: a SOCKS proxy: socks_host, socks_port, socks_version, username,
            password.
    """

    async def upload(
        self,
        source: str | Path,
        destination: RemotePath = "",
        *,
        write_into: bool = False,
        block_size: int = DEFAULT_BLOCK_SIZE,
    ) -> None:
        """Upload a file, or a folder with everything in it.

        Args:
            source: local file or folder.
            destination: remote folder to put it in; or its name, with write_into.
            write_into: take the destination for the name of the copy.
            block_size: bytes for one read of a file system of one's own.

        Cancellation: leaves the control connection in step.
        """
        local, target = local_path(source), pure_path(destination)
        if not write_into:
            target = target / local.name
        if await self.path_io.is_file(local):
            await self.make_directory(target.parent)
            await upload_file(self, local, target, block_size)
        elif await self.path_io.is_dir(local):
            await self.make_directory(target)
            folders = [local]
            while folders:
                folder = folders.pop()
                async for path in self.path_io.list(folder):
                    name = target / path.relative_to(local).as_posix()
                    if await self.path_io.is_dir(path):
                        await self.make_directory(name)
                        folders.append(path)
                    elif await self.path_io.is_file(path):
                        await upload_file(self, path, name, block_size)

    async def download(
        self,
        source: RemotePath,
        destination: RemotePath = "",
        *,
        write_into: bool = False,
        block_size: int = DEFAULT_BLOCK_SIZE,
    ) -> None:
        """Download a file, or a folder with everything in it.

        Args:
            source: remote file or folder.
            destination: local folder to put it in; or its name, with write_into.
            write_into: take the destination for the name of the copy.
            block_size: bytes for one read of the stream into a file system of one's own.

        Raises:
            AIOFTPException: the server gave a name that leads out of the folder.

        Cancellation: leaves the control connection in step, and a part of a file behind.
        """
        remote, target = pure_path(source), local_path(destination)
        if not write_into:
            target = target / remote.name
        make_folder = functools.partial(self.path_io.mkdir, parents=True, exist_ok=True)
        if await self.is_file(remote):
            await make_folder(target.parent)
            await download_file(self, remote, target, block_size)
        elif await self.is_dir(remote):
            await make_folder(target)
            for path, info in await self.list(remote, recursive=True):
                name = target / _inside(path, remote)
                if info["type"] == "dir":
                    await make_folder(name)
                elif info["type"] == "file":
                    await make_folder(name.parent)
                    await download_file(self, path, name, block_size)

    async def remove(self, path: RemotePath) -> None:
        """Remove a file, or a folder with everything in it; nothing if there is none.

        Cancellation: safe; what is removed is removed.
        """
        if not await self.exists(path):
            return
        info = await self.stat(path)
        if info["type"] == "file":
            await self.remove_file(path)
        elif info["type"] == "dir":
            for found, facts in await self.list(path):
                if facts["type"] in ("dir", "file"):
                    await self.remove(found)
            await self.remove_directory(path)

    async def quit(self) -> None:
        """Finish the stream that is open, say goodbye (QUIT) and close.

        Cancellation: closes at once.
        """
        stream = self._open_stream
        if stream is not None and not stream.is_settled and self._is_connected():
            await stream.finish()
        await self.command("QUIT", "2xx")
        self.close()

    @classmethod
    @asynccontextmanager
    async def context(
        cls,
        host: str,
        port: int = DEFAULT_PORT,
        user: str = DEFAULT_USER,
        password: str = DEFAULT_PASSWORD,
        account: str = DEFAULT_ACCOUNT,
        upgrade_to_tls: bool = False,
        **kwargs: Unpack[ContextArgs],
    ) -> AsyncGenerator[Self, None]:
        """Connect, log in, and quit at the end of the block.

        Args:
            upgrade_to_tls: protect the connection before the login.
            kwargs: as for `Client`.

        Cancellation: closes everything.
        """
        client = cls(**kwargs)
        try:
            await client.connect(host, port)
            if upgrade_to_tls:
                await client.upgrade_to_tls()
            await client.login(user, password, account)
        except BaseException:
            client.close()
            raise
        try:
            yield client
        except asyncio.CancelledError:
            client.close()
            raise
        finally:
            if client._is_connected():
                await client.quit()


def _inside(path: PurePosixPath, source: PurePosixPath) -> PurePosixPath:
    """The path below the source, which must be one: names come from the server."""
    relative = path.relative_to(source)
    is_odd = "\\" in str(relative) and Path("a\\b").parts != ("a\\b",)
    if relative.is_absolute() or not relative.parts or ".." in relative.parts or is_odd:
        raise AIOFTPException(f"refused a name that could lead elsewhere: {str(path)!r}")
    return relative
