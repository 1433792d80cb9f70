"""Entries of a listing, as fsspec describes files."""

from __future__ import annotations

from typing import Any

from anyftp import Client, Entry, FTPError, ReplyError

#: What fsspec knows of a file or folder: "name", "size", "type" and more.
Info = dict[str, Any]

ROOT: Info = {"name": "/", "size": 0, "type": "directory", "modified": None}


_KINDS = {"dir": "directory", "file": "file", "link": "link"}


def describe(entry: Entry, name: str) -> Info:
    """What a listing tells; of a link, before anybody has asked what it leads to.

    Args:
        name: the path without a slash at its end.
    """
    kind = _KINDS.get(entry.type, "other")
    size = 0 if kind == "directory" else entry.size or 0
    info: Info = {"name": name, "size": size, "type": kind, "modified": entry.modified}
    if "=" in entry.line and (made := entry.facts.get("create")):
        info["created"] = made
    if kind == "link":
        info["islink"], info["destination"] = True, entry.target
    return info


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
