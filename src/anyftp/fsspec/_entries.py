"""Entries of a listing, as fsspec describes files."""

from __future__ import annotations

from typing import Any

from anyftp import Client, FTPError, Outline, ReplyError

#: What fsspec knows of a file or folder: "name", "size", "type" and more.
Info = dict[str, Any]

ROOT: Info = {"name": "/", "size": 0, "type": "directory", "modified": None}


_KINDS = {"dir": "directory", "file": "file", "link": "link"}
_NO_NAMES = ("", ".", "..")


def describe(outline: Outline, name: str) -> Info:
    """What a listing tells; of a link, before anybody has asked what it leads to.

    Args:
        name: the path without a slash at its end.
    """
    _, kind, nbytes, modified, created, target = outline
    info: Info = {
        "name": name,
        "size": nbytes or 0,
        "type": _KINDS.get(kind, "other"),
        "modified": modified,
    }
    if created is not None:
        info["created"] = created
    if kind == "dir":
        info["size"] = 0
    elif kind == "link":
        info["islink"], info["destination"] = True, target
    return info


def describe_all(outlines: list[Outline], prefix: str) -> list[Info]:
    """What a listing tells of those whose names are one component of a path.

    A hostile server's may be something else.

    Args:
        prefix: the path of the folder, with a slash at its end.
    """
    return [
        # Most are plain files of which no more is told: so many calls less.
        {"name": prefix + name, "size": nbytes or 0, "type": "file", "modified": modified}
        if kind == "file" and created is None
        else describe((name, kind, nbytes, modified, created, target), prefix + name)
        for name, kind, nbytes, modified, created, target in outlines
        if "/" not in name and name not in _NO_NAMES
    ]


async def what_link_leads_to(client: Client, name: str) -> Info:
    """Type and size of what a link leads to: a listing has the length of the link itself.

    Cancellation: safe.
    """
    try:
        return {"type": "file", "size": await client.size(name)}
    except ReplyError:
        pass
    try:
        if await client.is_dir(name):
            return {"type": "directory", "size": 0}
    except FTPError:
        pass
    return {"type": "link"}  # it leads nowhere
