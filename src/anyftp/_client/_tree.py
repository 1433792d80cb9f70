"""Uploads and downloads as `cp -r` has them: a file, or a folder with all that is in it.

Trees are walked one folder at a time and without recursion; how deep they go is bounded. What a
listing has told is not asked again: a file in a tree costs EPSV and RETR, nothing more.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from contextlib import aclosing
from pathlib import PurePosixPath

from anyftp._client._file import Job, receive_file, send_file
from anyftp._client._listing import Listing
from anyftp._client._local import (
    LocalPath,
    folder_at,
    open_target,
    source_place,
    tree_root,
)
from anyftp._client._session import RemotePath, text_of
from anyftp._client._stat import is_directory
from anyftp._errors import FileSystemError, LocalProtocolError, PermanentReplyError, ReplyError
from anyftp._fs import FileSystem
from anyftp._protocol import Entry, check_name

_ROOT = PurePosixPath("/")


async def download(job: Job, source: RemotePath, destination: LocalPath) -> None:
    """Download a file or a tree; which of them it is, trying tells.

    Cancellation: files that are whole stay, no part of another appears.
    """
    remote, target = PurePosixPath(source), os.fspath(destination)
    is_tree = not remote.name or remote.name == ".." or str(source).endswith("/")
    if not is_tree:
        try:
            return await _download_one(job, remote, target)
        except PermanentReplyError as refusal:
            if refusal.command != "RETR" or not await is_directory(job.session, remote):
                raise
    name = "" if remote.name == ".." else remote.name
    root = await tree_root(job.session, target, name)
    await _download_tree(job, PurePosixPath(text_of(source)), root)


async def _download_one(job: Job, remote: PurePosixPath, target: str) -> None:
    transfer = await job.open("RETR", remote)
    try:
        file = await open_target(job.session, target, remote.name)
    except BaseException:
        await transfer.abandon_transfer()
        raise
    async with file:
        await receive_file(job, transfer, file, remote, None)


async def _download_tree(job: Job, source: PurePosixPath, local: FileSystem) -> None:
    folders = deque([(source, _ROOT, 0)])
    while folders:
        remote, inside, depth = folders.popleft()
        job.tally.directories += 1
        for entry in await Listing(job.session, remote).collect():
            check_name(entry.name, windows=os.name == "nt")
            below = inside / entry.name
            if not entry.is_dir:
                await _download_entry(job, remote / entry.name, entry, local, below)
                continue
            if depth >= job.session.options.max_depth:
                raise LocalProtocolError(f"{remote} is nested more than {depth} folders deep")
            await _make_directory(local, below)
            folders.append((remote / entry.name, below, depth + 1))


async def _download_entry(
    job: Job, remote: PurePosixPath, entry: Entry, local: FileSystem, below: PurePosixPath
) -> None:
    """Download one file of a tree; a link only if it leads to a file, and never as a link."""
    if entry.type == "other":
        job.tally.skipped.append(str(remote))
        return
    try:
        transfer = await job.open("RETR", remote)
    except ReplyError as refusal:
        if not entry.is_link or refusal.command != "RETR":
            raise
        job.tally.skipped.append(str(remote))
        return
    try:
        file = await local.open_write(below)
    except BaseException:
        await transfer.abandon_transfer()
        raise
    async with file:
        await receive_file(job, transfer, file, remote, entry.size if entry.is_file else None)


async def _make_directory(local: FileSystem, path: PurePosixPath) -> None:
    try:
        await local.make_directory(path)
    except FileSystemError as error:
        if error.errno != errno.EEXIST:
            raise


async def upload(job: Job, source: LocalPath, destination: RemotePath) -> None:
    """Upload a file or a tree.

    Cancellation: files that are whole stay; the one under way is reset.
    """
    place, is_tree = await source_place(source)
    local = await folder_at(job.session, place.folder)
    if is_tree:
        root = await _remote_root(job, destination, place.name)
        await _upload_tree(job, local, root)
    else:
        name = os.path.basename(source)
        await _upload_one(job, local, place.path, destination, name)


async def _upload_one(
    job: Job, local: FileSystem, path: PurePosixPath, destination: RemotePath, name: str
) -> None:
    """Upload a file; that the destination is a folder shows when the server refuses to write it."""
    target = PurePosixPath(destination)
    if _names_folder(destination):
        return await _send(job, local, path, target / name)
    try:
        return await _send(job, local, path, target)
    except PermanentReplyError as refusal:
        if refusal.command != "STOR" or not await is_directory(job.session, target):
            raise
    await _send(job, local, path, target / name)


async def _send(job: Job, local: FileSystem, path: PurePosixPath, remote: PurePosixPath) -> None:
    async with await local.open_read(path) as file:
        transfer = await job.open("STOR", remote)
        await send_file(job, transfer, file, remote)


async def _remote_root(job: Job, destination: RemotePath, name: str) -> PurePosixPath:
    """Make, if need be, the remote folder that an uploaded tree becomes."""
    root = PurePosixPath(destination)
    if _names_folder(destination) or await is_directory(job.session, root):
        root /= name
    if root.name:
        await _make_remote_directory(job, root)
    return root


async def _upload_tree(job: Job, local: FileSystem, root: PurePosixPath) -> None:
    folders = deque([(_ROOT, root)])
    while folders:
        inside, remote = folders.popleft()
        job.tally.directories += 1
        async with aclosing(local.scan(inside)) as batches:
            async for batch in batches:
                for info in batch:
                    path, target = inside / info.name, remote / info.name
                    if info.is_dir:
                        await _make_remote_directory(job, target)
                        folders.append((path, target))
                    elif info.is_file or await _leads_to_file(local, path):
                        await _send(job, local, path, target)
                    else:
                        job.tally.skipped.append(str(target))


async def _leads_to_file(local: FileSystem, path: PurePosixPath) -> bool:
    """Whether a link leads to a file inside the tree; folders behind links are left out."""
    try:
        return (await local.stat(path)).is_file
    except FileSystemError:
        return False


async def _make_remote_directory(job: Job, path: PurePosixPath) -> None:
    try:
        await job.session.command("MKD", str(path))
    except PermanentReplyError:
        # It exists already, in whatever words; or it cannot be made.
        if not await is_directory(job.session, path):
            raise


def _names_folder(destination: RemotePath) -> bool:
    text = str(destination)
    return text in ("", ".", "..") or text.endswith(("/", "/.", "/.."))
