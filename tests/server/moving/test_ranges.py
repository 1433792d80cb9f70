"""RANG: parts of files, both ways."""

from __future__ import annotations

import pytest

from anyftp._fs import MemoryFileSystem
from server.probe import logged_in, server_of

pytestmark = pytest.mark.anyio

EXTENSIONS = ["RANG", "MODE Z"]


def scene() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/f", b"0123456789")
    return tree


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("RANG 0 0", "350"),
        ("RANG 2 5", "350"),
        ("RANG 1 0", "350"),
        ("RANG 5 2", "501"),
        ("RANG 2 1", "501"),
        ("RANG 5", "501"),
        ("RANG -1 5", "501"),
        ("RANG 0 9223372036854775807", "350"),
        ("RANG 0 9223372036854775808", "501"),
        ("RANG 0 ٣", "501"),
    ],
)
async def test_codes(line: str, code: str) -> None:
    async with logged_in(server_of(extensions=["RANG"])) as probe:
        assert (await probe.ask(line))[:3] == code


@pytest.mark.parametrize(
    ("lines", "content"),
    [
        (["RANG 2 5"], b"2345"),
        (["RANG 0 0"], b"0"),
        (["RANG 8 1000"], b"89"),
        (["RANG 10 20"], b""),
        (["RANG 2 5", "NOOP", "TYPE I"], b"2345"),
        (["RANG 2 5", "RANG 1 0"], b"0123456789"),
        (["RANG 2 5", "RANG 5 2"], b"0123456789"),
        (["RANG 2 5", "REST 7"], b"789"),
        (["REST 7", "RANG 2 5"], b"2345"),
        (["RANG 2 5", "PWD"], b"0123456789"),
        (["RANG 2 5", "MODE Z", "MODE S"], b"2345"),
    ],
)
async def test_downloads(lines: list[str], content: bytes) -> None:
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        for line in lines:
            await probe.ask(line)
        got, reply = await probe.download("RETR f")
        assert (got, reply[:3]) == (content, "226")
        assert (await probe.download("RETR f"))[0] == b"0123456789"


async def test_a_download_from_beyond_the_end() -> None:
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        await probe.ask("RANG 11 20")
        assert (await probe.download("RETR f"))[1][:3] == "554"
        assert (await probe.download("RETR f"))[0] == b"0123456789"


@pytest.mark.parametrize(
    ("part", "name", "content", "code", "result"),
    [
        ("2 4", "f", b"abc", "226", b"01abc56789"),
        ("2 4", "f", b"a", "226", b"01a3456789"),
        ("0 1", "f", b"ab", "226", b"ab23456789"),
        ("9 11", "f", b"abc", "226", b"012345678abc"),
        ("2 4", "f", b"abcd", "552", b"0123456789"),
        ("0 3", "new", b"abcd", "226", b"abcd"),
        ("11 12", "f", b"ab", "554", b"0123456789"),
    ],
)
async def test_uploads(part: str, name: str, content: bytes, code: str, result: bytes) -> None:
    tree = scene()
    async with logged_in(server_of(tree, extensions=EXTENSIONS)) as probe:
        await probe.ask(f"RANG {part}")
        assert (await probe.upload(f"STOR {name}", content))[:3] == code
        assert tree.get(name) == result


async def test_text_has_no_ranges() -> None:
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        assert await probe.codes("TYPE A", "RANG 0 1", "TYPE I", "RANG 0 1", "TYPE A") == [
            "200",
            "501",
            "200",
            "350",
            "200",
        ]
        assert (await probe.download("RETR f"))[1][:3] == "554"


async def test_a_refusal_takes_the_range_back() -> None:
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        assert await probe.codes("RANG 2 5", "RETR f") == ["350", "425"]
        assert (await probe.download("RETR f"))[0] == b"0123456789"
