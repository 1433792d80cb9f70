"""Servers whose listings nobody knows: parsers that are set later, or overridden."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib
import re
from typing import Any

import aioftp

Parsed = tuple[pathlib.PurePosixPath, Any]


class Odd(aioftp.Server):
    """Knows no MLSD and no MLST, and lists in columns of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("mlsd", "mlst"):
            del self.commands_mapping[name]

    async def build_list_string(self, connection: aioftp.Connection, path: Any) -> str:
        """name;bytes;kind"""
        status = await connection.path_io.stat(path)
        kind = "D" if await connection.path_io.is_dir(path) else "F"
        return f"{path.name};{status.st_size};{kind}"


def columns(line: bytes) -> Parsed:
    """The parser for it."""
    found = re.fullmatch(r"(?P<name>[^;]+);(?P<size>\d+);(?P<kind>[DF])", line.decode().strip())
    if found is None:
        raise ValueError(line)
    kind = {"D": "dir", "F": "file"}[found["kind"]]
    return pathlib.PurePosixPath(found["name"]), {"type": kind, "size": found["size"]}


class Reader(aioftp.Client):
    """Reads them by a method."""

    lines: list[bytes]

    def parse_list_line_unix(self, b: bytes) -> Any:
        """In the place of the one for ls."""
        self.lines.append(b)
        return columns(b)


async def seen(client: aioftp.Client) -> object:
    """What a client makes of it."""
    told: list[object] = []
    found = await client.list(recursive=True)
    told.append(sorted((str(path), info["type"], info["size"]) for path, info in found))
    for path in ("one", "folder", "folder/two", "no"):
        told.append((path, await client.exists(path)))
        try:
            told += [await client.is_file(path), await client.is_dir(path)]
        except aioftp.StatusCodeError as error:
            told.append(str(error.received_codes[-1]))
    return told


async def main(root: pathlib.Path) -> list[object]:
    """Without a parser, with one that is set, with one that is overridden."""
    (root / "folder").mkdir()
    (root / "one").write_bytes(b"1")
    (root / "folder" / "two").write_bytes(b"22")
    server = Odd([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with aioftp.Client.context("127.0.0.1", server.server_port) as client:
        client.parse_list_line_custom = columns
        told.append(await seen(client))
        client.parse_list_line_custom_first = False
        told.append(await seen(client))
        await client.download("folder", root / "down", write_into=True)
        told.append((root / "down" / "two").read_bytes())
        calls = []

        def counting(b: bytes) -> Parsed:
            calls.append(b)
            return columns(b)

        client.parse_list_line_custom = counting
        client.parse_list_line_custom_first = True
        told.append(await client.is_file("one"))
        told.append(sorted(calls))
    reader = Reader()
    reader.lines = []
    await reader.connect("127.0.0.1", server.server_port)
    await reader.login()
    told += [await seen(reader), sorted(set(reader.lines))]
    await reader.quit()
    await server.close()
    return told
