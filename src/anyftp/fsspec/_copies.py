"""Files between the server and this machine.

Small ones are read and written right here, on fsspec's own event loop: handing them to a worker
thread takes several times as long as that. Large ones are the client's, which has threads for them.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import IO, Any

from fsspec.callbacks import Callback
from fsspec.utils import isfilelike

from anyftp import Client, Progress
from anyftp.fsspec._remote import Remote

_LARGE_BYTES = 4 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024


async def receive_file(
    remote: Remote, path: str, target: Any, size: int | None, callback: Callback
) -> None:
    """Copy a remote file to a local name, where it appears whole, or into an open file.

    Args:
        size: as the listing has it, None where it is not known.

    Cancellation: nothing appears.
    """
    callback.set_size(size)
    if isfilelike(target):
        await _receive_into(remote, path, target, callback)
    elif size is not None and size >= _LARGE_BYTES:
        target = os.path.abspath(target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        await _receive_by_client(remote, path, target, callback)
    else:
        part = f"{os.fspath(target)}.{secrets.token_hex(4)}.part"
        try:
            with _opened(part) as file:
                await _receive_into(remote, path, file, callback)
            os.replace(part, target)
        except BaseException:
            if os.path.exists(part):
                os.unlink(part)
            raise


def _opened(path: str) -> IO[bytes]:
    """A new local file; the folders above it are made."""
    try:
        return open(path, "xb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path, "xb")


async def _receive_into(remote: Remote, path: str, file: IO[bytes], callback: Callback) -> None:
    async def do(client: Client) -> None:
        async with client.download_stream(path) as stream:
            while block := await stream.read(_BLOCK_BYTES):
                file.write(block)
                callback.relative_update(len(block))

    await remote.ask(path, "read", do)


async def _receive_by_client(remote: Remote, path: str, target: str, callback: Callback) -> None:
    await remote.ask(
        path, "read", lambda client: client.download(path, target, progress=_teller(callback))
    )


async def send_file(remote: Remote, source: str, path: str, callback: Callback) -> None:
    """Copy a local file to the server, with the folders above it.

    Cancellation: the server leaves no part, or one.
    """
    size = os.path.getsize(source)
    callback.set_size(size)
    if size < _LARGE_BYTES:
        await remote.store(path, Path(source).read_bytes())
        callback.relative_update(size)
        return
    await remote.with_parents(
        path, lambda client: client.upload(source, path, progress=_teller(callback)), repeat=True
    )


async def copy_through_here(remote: Remote, source: str, destination: str, size: int) -> None:
    """Copy a remote file to another remote name, which FTP itself cannot.

    Cancellation: the server leaves no part, or one.
    """
    if size < _LARGE_BYTES:
        await remote.store(destination, await remote.cat(source, None, None))
        return
    with tempfile.TemporaryDirectory() as folder:
        local = os.path.join(folder, "copy")
        await remote.ask(source, "read", lambda client: client.download(source, local))
        await remote.with_parents(destination, lambda client: client.upload(local, destination))


def _teller(callback: Callback) -> Any:
    def tell(progress: Progress) -> None:
        callback.absolute_update(progress.nbytes)

    return tell
