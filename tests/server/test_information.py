"""FEAT, OPTS, HELP, NOOP, SYST, STAT, CLNT, LANG."""

from __future__ import annotations

import ssl

import pytest

from anyftp._protocol import VERBS
from server.probe import logged_in, server_of

pytestmark = pytest.mark.anyio


async def test_features() -> None:
    async with logged_in() as probe:
        lines = (await probe.ask("FEAT")).splitlines()
        assert lines[0].startswith("211-")
        assert lines[-1] == "211 End"
        assert all(line.startswith(" ") for line in lines[1:-1])
        features = {line.strip() for line in lines[1:-1]}
        assert {"EPSV", "EPRT", "MDTM", "MFMT", "REST STREAM", "SIZE", "TVFS", "UTF8"} <= features
        assert "MLST type*;size*;modify*;perm*;unix.mode*;unique;" in features
        assert "AUTH TLS" not in features


async def test_features_with_tls(server_tls: ssl.SSLContext) -> None:
    async with logged_in(server_of(ssl_context=server_tls)) as probe:
        features = {line.strip() for line in (await probe.ask("FEAT")).splitlines()}
        assert {"AUTH TLS", "PBSZ", "PROT"} <= features


async def test_mlst_marks_what_is_selected() -> None:
    async with logged_in() as probe:
        assert await probe.ask("OPTS MLST unique;size;nonsense;") == "200 MLST OPTS size;unique;"
        assert "MLST type;size*;modify;perm;unix.mode;unique*;" in await probe.ask("FEAT")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("OPTS UTF8 ON", "200"),
        ("OPTS utf8", "200"),
        ("OPTS UTF-8 on", "200"),
        ("OPTS UTF8 OFF", "504"),
        ("OPTS NONSENSE", "501"),
        ("OPTS", "501"),
        ("NOOP", "200"),
        ("noop with an argument", "200"),
        ("CLNT probe", "200"),
        ("LANG", "200"),
        ("LANG en-GB", "200"),
        ("LANG fr", "504"),
        ("HELP STOR", "214"),
        ("HELP NONSENSE", "502"),
    ],
)
async def test_codes(line: str, code: str) -> None:
    async with logged_in() as probe:
        assert (await probe.ask(line))[:3] == code


async def test_help_names_every_verb() -> None:
    async with logged_in() as probe:
        words = (await probe.ask("HELP")).split()
        assert set(VERBS) <= set(words)
        assert await probe.ask("HELP mkd") == "214 Syntax: MKD <path>"


async def test_syst_is_what_clients_expect() -> None:
    async with logged_in() as probe:
        assert await probe.ask("SYST") == "215 UNIX Type: L8"


async def test_status() -> None:
    async with logged_in() as probe:
        text = await probe.ask("STAT")
        assert "Logged in as bob" in text
        assert "TYPE: I" in text


async def test_status_of_a_transfer_under_way() -> None:
    async with logged_in() as probe, await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.write(b"12345")
        while "STOR f: 5 bytes so far" not in await probe.ask("STAT"):
            pass
