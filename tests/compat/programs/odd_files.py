"""A folder with all that a disk may hold: links, pipes, odd names, times before 1980."""

# mypy: ignore-errors

from __future__ import annotations

import os
import pathlib
import re

import aioftp


class Own(aioftp.PathIO):
    """A file system of one's own, as far as the server knows."""


async def main(root: pathlib.Path) -> list[object]:
    """List it in each way."""
    (root / "folder").mkdir()
    (root / "folder" / "file").write_text("x")
    (root / "file").write_text("four")
    (root / "dead").symlink_to("nowhere")
    (root / "to-file").symlink_to("file")
    (root / "to-folder").symlink_to("folder")
    os.mkfifo(root / "pipe")
    for name in ("two  blanks", "semi;colon", "a=b", "\u00e9", "-dash", "'quote", "t\tab"):
        (root / name).write_text(name)
    os.utime(root / "file", (0, 0))
    os.chmod(root / "file", 0o4751)
    told: list[object] = []
    for factory in (aioftp.PathIO, aioftp.AsyncPathIO, Own):
        server = aioftp.Server([aioftp.User(base_path=root)], path_io_factory=factory)
        await server.start("127.0.0.1", 0)
        async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
            for command in ("MLSD", "LIST"):
                async with client.get_stream(command, "1xx") as stream:
                    text = (await stream.read()).decode()
                lines = re.sub(r"=\d{14}|\d\d:\d\d", "=", text).splitlines()
                told.append(sorted(lines))
                listed = await client.list(raw_command=command)
                told.append(sorted((str(path), info["type"]) for path, info in listed))
            for name in ("file", "to-file", "to-folder", "dead", "pipe", "semi;colon", "-dash"):
                try:
                    told.append([name, (await client.stat(name))["type"]])
                except aioftp.StatusCodeError as error:
                    told.append([name, str(error.received_codes[-1])])
            for name in ("two  blanks", "semi;colon", "a=b", "\u00e9", "-dash", "'quote"):
                try:
                    async with client.download_stream(name) as stream:
                        told.append((await stream.read()).decode())
                except aioftp.StatusCodeError as error:
                    told.append([name, str(error.received_codes[-1])])
        await server.close()
    return told
