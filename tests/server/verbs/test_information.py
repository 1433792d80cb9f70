"""FEAT, HELP, NOOP, SYST, STAT, CLNT, CSID, LANG, AVBL."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from anyftp._fs import LocalFileSystem, MemoryFileSystem
from anyftp._protocol import OPTIONAL_VERBS, SITE_VERBS, VERBS
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


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("NOOP", "200"),
        ("noop with an argument", "200"),
        ("CLNT probe", "200"),
        ("CSID Name=probe; Version=1;", "200"),
        ("CSID", "200"),
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


async def test_help_names_every_verb_that_there_is(server_tls: ssl.SSLContext) -> None:
    with_tls = {name for name, row in VERBS.items() if row.tls}
    async with logged_in() as probe:
        words = (await probe.ask("HELP")).split()
        assert set(VERBS) - with_tls <= set(words)
        assert not with_tls & set(words)
        assert await probe.ask("HELP mkd") == "214 Syntax: MKD <path>"
        assert (await probe.ask("HELP AUTH"))[:3] == "502"
    server = server_of(ssl_context=server_tls, extensions=OPTIONAL_VERBS)
    async with logged_in(server) as probe:
        assert {*VERBS, *OPTIONAL_VERBS} - {"MODE Z"} <= set((await probe.ask("HELP")).split())
        assert await probe.ask("HELP mode") == "214 Syntax: MODE S|Z"


@pytest.mark.parametrize("question", ["HELP SITE {}", "HELP site {}", "SITE HELP {}"])
async def test_help_knows_each_command_of_site(question: str) -> None:
    async with logged_in() as probe:
        for name, row in SITE_VERBS.items():
            assert await probe.ask(question.format(name)) == f"214 Syntax: {row.help}"


async def test_help_on_site_names_its_commands() -> None:
    async with logged_in() as probe:
        text = await probe.ask("HELP SITE")
        assert text == await probe.ask("SITE HELP")
        assert set(SITE_VERBS) <= set(text.split())
        assert await probe.ask("SITE HELP chmod") == "214 Syntax: SITE CHMOD <octal mode> <path>"


async def test_features_of_the_extensions() -> None:
    async with logged_in(server_of(extensions=OPTIONAL_VERBS)) as probe:
        features = {line.strip() for line in (await probe.ask("FEAT")).splitlines()}
        assert {"XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512"} <= features
        assert {"AVBL", "COMB", "MODE Z", "RANG STREAM"} <= features
        assert "HASH SHA-256*;SHA-512;SHA-1;MD5;CRC32;" in features


async def test_space_that_is_left(tmp_path: Path) -> None:
    tree = MemoryFileSystem(capacity=1000)
    tree.put("/d/f", bytes(100))
    async with logged_in(server_of(tree, extensions=["AVBL"])) as probe:
        assert [await probe.ask(line) for line in ("AVBL", "AVBL d")] == ["213 900", "213 900"]
        assert await probe.codes("AVBL no", "AVBL d/f") == ["550", "550"]
    async with logged_in(server_of(extensions=["AVBL"])) as probe:
        assert (await probe.ask("AVBL"))[:3] == "504"  # memory without a limit
    for files, least in ((LocalFileSystem(tmp_path), 1), (_read_only(tmp_path), 0)):
        async with logged_in(server_of(files, extensions=["AVBL"])) as probe:
            code, number = (await probe.ask("AVBL /")).split()
            assert code == "213"
            assert int(number) >= least
            assert least or number == "0"


def _read_only(folder: Path) -> LocalFileSystem:
    return LocalFileSystem(folder, read_only=True)


async def test_syst_is_what_clients_expect() -> None:
    async with logged_in() as probe:
        assert await probe.ask("SYST") == "215 UNIX Type: L8"


async def test_status() -> None:
    async with logged_in() as probe:
        text = await probe.ask("STAT")
        assert "Logged in as bob" in text
        assert "TYPE: I, STRU: F, MODE: S" in text


async def test_status_of_a_transfer_under_way() -> None:
    async with logged_in() as probe, await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.write(b"12345")
        while "STOR f: 5 bytes so far" not in await probe.ask("STAT"):
            pass
