"""Questions to the server, each as what is to be done with a client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath

from anyftp import Client, Outline, ReplyError
from anyftp.fsspec._entries import Info, describe, describe_all, what_link_leads_to
from anyftp.fsspec._reader import read_up_to


def listing(path: str) -> Callable[..., Awaitable[list[Info]]]:
    """What lists a folder, which another may follow at once; of a file it tells about itself."""
    prefix = path if path.endswith("/") else f"{path}/"

    async def do(client: Client, *, has_successor: bool = False) -> list[Info]:
        found = client.list(path)
        found.has_successor = has_successor
        told: list[Outline] = []
        nentries = 0
        infos: list[Info] = []
        try:
            # By the batch, so that this end does its part while the server does its own.
            batches = aiter(found)
            while (batch := await batches.next_outlines()) is not None:
                infos += describe_all(batch, prefix)
                nentries += len(batch)
                told = batch or told
            if found.is_cut:
                whole = await client.list(path).whole()
                infos = describe_all([entry.outline for entry in whole], prefix)
        except ReplyError:
            info = await stat(client, path)
            if info["type"] == "directory":
                raise
            return [info]
        if nentries == 1 and await _is_itself(client, told[0], path):
            return [await stat(client, path)]
        for info in infos:
            if info["type"] == "link":
                info.update(await what_link_leads_to(client, info["name"]))
        return infos

    return do


def size_at_once(path: str) -> Callable[[Client], Awaitable[int | None]]:
    """What tells the size of a file to a server that would list the whole folder for more.

    It tells nothing of what may be no file, nor where more can be had for the same.
    """

    async def do(client: Client) -> int | None:
        features = await client.features()
        if "MLST" in features or "SIZE" not in features:
            return None
        try:
            return await client.size(path)
        except ReplyError:
            return None

    return do


def reading(path: str, start: int | None, end: int | None) -> Callable[[Client], Awaitable[bytes]]:
    """What reads a file, or a part of it whose limits may be counted from its end."""

    async def do(client: Client) -> bytes:
        first, last = start or 0, end
        if first < 0 or (last is not None and last < 0):
            size = await client.size(path)
            first = max(0, size + first) if first < 0 else first
            last = size + last if last is not None and last < 0 else last
        if last is not None and last <= first:
            return b""
        return await _fetch(client, path, first, last)

    return do


async def _fetch(client: Client, path: str, start: int, end: int | None) -> bytes:
    try:
        if end is None:
            async with client.download_stream(path, offset=start) as stream:
                return await stream.read(-1)
        return await _fetch_part(client, path, start, end - start)
    except ReplyError:
        if start and start >= await client.size(path):
            return b""  # servers differ in what they say to that
        raise


async def _fetch_part(client: Client, path: str, start: int, nbytes: int) -> bytes:
    async with client.download_stream(path, offset=start) as stream:
        data = await read_up_to(stream, nbytes)
        if len(data) == nbytes:
            await stream.leave()  # for the next one: there are several parts in general
        return data


async def stat(client: Client, path: str) -> Info:
    """Tell about one file or folder; links are followed. Cancellation: safe."""
    info = describe((await client.stat(path)).outline, path)
    if info["type"] == "link":
        info.update(await what_link_leads_to(client, path))
    return info


async def _is_itself(client: Client, outline: Outline, path: str) -> bool:
    """Whether the listing of what may be a file has nothing but that file (LIST does so)."""
    name, kind, *_ = outline
    if kind == "dir" or name.rpartition("/")[2] != PurePosixPath(path).name:
        return False
    return not await client.is_dir(path)
