"""OPTS: what may be set."""

from __future__ import annotations

import pytest

from server.probe import logged_in, server_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("OPTS UTF8 ON", "200"),
        ("OPTS utf8", "200"),
        ("OPTS UTF-8 on", "200"),
        ("OPTS UTF8 OFF", "504"),
        ("OPTS MLST", "200"),
        ("OPTS HASH", "501"),
        ("OPTS MODE Z LEVEL 6", "501"),
        ("OPTS NONSENSE", "501"),
        ("OPTS", "501"),
    ],
)
async def test_codes(line: str, code: str) -> None:
    async with logged_in() as probe:
        assert (await probe.ask(line))[:3] == code


async def test_mlst_marks_what_is_selected() -> None:
    async with logged_in() as probe:
        assert await probe.ask("OPTS MLST unique;size;nonsense;") == "200 MLST OPTS size;unique;"
        assert "MLST type;size*;modify;perm;unix.mode;unique*;" in await probe.ask("FEAT")


async def test_the_hash_that_is_chosen() -> None:
    async with logged_in(server_of(extensions=["HASH"])) as probe:
        assert await probe.ask("OPTS HASH") == "200 SHA-256"
        assert await probe.ask("OPTS HASH sha-1") == "200 SHA-1"
        assert await probe.ask("OPTS HASH") == "200 SHA-1"
        assert (await probe.ask("OPTS HASH SHA-3"))[:3] == "501"
        assert "HASH SHA-256;SHA-512;SHA-1*;MD5;CRC32;" in await probe.ask("FEAT")
        await probe.ask("REIN")
        await probe.log_in_again()
        assert await probe.ask("OPTS HASH") == "200 SHA-256"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("OPTS MODE Z LEVEL 9", "200"),
        ("OPTS mode z level 0", "200"),
        ("OPTS MODE Z ENGINE ZLIB LEVEL 3", "200"),
        ("OPTS MODE Z LEVEL 10", "501"),
        ("OPTS MODE Z", "501"),
        ("OPTS MODE", "501"),
    ],
)
async def test_the_level_of_mode_z(line: str, code: str) -> None:
    async with logged_in(server_of(extensions=["MODE Z"])) as probe:
        assert (await probe.ask(line))[:3] == code
