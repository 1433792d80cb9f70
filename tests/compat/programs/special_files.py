"""Folders with what is neither a file nor a folder: pipes, links to nothing."""

# mypy: ignore-errors

from __future__ import annotations

import os
import pathlib

import aioftp


def names(folder: pathlib.Path) -> list[str]:
    """All that is in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


async def main(root: pathlib.Path) -> list[object]:
    """Up and down again."""
    served, tree, back = root / "served", root / "tree", root / "back"
    served.mkdir()
    (tree / "sub").mkdir(parents=True)
    (tree / "f").write_bytes(b"1")
    (tree / "sub" / "g").write_bytes(b"2")
    os.mkfifo(tree / "pipe")
    os.mkfifo(tree / "sub" / "pipe")
    (tree / "dead").symlink_to("nowhere")
    (tree / "link").symlink_to("f")
    (tree / "folder").symlink_to("sub")
    server = aioftp.Server([aioftp.User(base_path=served)])
    await server.start("127.0.0.1", 0)
    found: list[object] = []
    async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
        paths = (tree, tree / "pipe", tree / "dead", tree / "nothing")
        found += [await client.upload(path) for path in paths]
        found.append(names(served))
        await client.download("tree", back)
        found.append(names(back))
    await server.close()
    return found
