"""Entries of a listing, as fsspec describes files."""

from __future__ import annotations

from typing import Any

from anyftp import Client, Entry, FTPError, ReplyError

#: What fsspec knows of a file or folder: "name", "size", "type" and more.
Info = dict[str, Any]

ROOT: Info = {"name": "/", "size": 0, "type": "directory", "modified": None}


def describe(entry: Entry, name: str) -> Info:
    """What a listing tells.

    Args:
        name: the path without a slash at its end.
    """
    match entry.type:
        case "dir":
            info: Info = {"name": name, "size": 0, "type": "directory"}
        case "file":
            info = {"name": name, "size": entry.size or 0, "type": "file"}
        case _:
            info = {"name": name, "size": entry.size or 0, "type": "other"}
    info["modified"] = entry.modified
    if "create=" in entry.line.lower():
        info["created"] = entry.facts.get("create")
    return info


async def describe_link(client: Client, entry: Entry, name: str) -> Info:
    """What a link leads to: a listing has the length of the link itself.

    Cancellation: safe.
    """
    info = describe(entry, name) | {"islink": True, "destination": entry.target}
    try:
        return info | {"type": "file", "size": await client.size(name)}
    except ReplyError:
        pass
    try:
        if await client.is_dir(name):
            return info | {"type": "directory", "size": 0}
    except FTPError:
        pass
    return info | {"type": "link"}  # it leads nowhere
