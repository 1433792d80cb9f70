"""From the verb table to the handlers: nothing is reached past its checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._protocol import OPTIONAL_VERBS, SITE_VERBS, VERBS, Argument, Permission, Verb
from anyftp._server import Server, Session
from anyftp._server._verbs._dispatch import HANDLERS, SITE_HANDLERS
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio

ALL = server_of(extensions=OPTIONAL_VERBS)._shared.options.verbs
REQUIRED = sorted(
    name
    for name, row in ALL.items()
    if row.argument is Argument.REQUIRED and not row.tls and not row.data
)
WITH_LOGIN = sorted(name for name, row in ALL.items() if row.needs_login and name != "STAT")
PATHS = sorted(name for name, row in ALL.items() if row.permission and row.is_path)


def test_every_verb_has_a_handler_and_every_handler_a_row() -> None:
    rows = [*VERBS.values(), *OPTIONAL_VERBS.values()]
    assert set(HANDLERS) == {row.name for row in rows}
    assert set(SITE_HANDLERS) == {row.name for row in SITE_VERBS.values()}


@pytest.mark.parametrize("verb", REQUIRED)
async def test_a_missing_argument_is_told(verb: str) -> None:
    async with logged_in(server_of(extensions=OPTIONAL_VERBS)) as probe:
        assert await probe.codes(verb, f"{verb} ", f"{verb}   ") == ["501"] * 3


async def test_without_a_login_nothing_is_reached() -> None:
    server = server_of(extensions=OPTIONAL_VERBS)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        for verb in WITH_LOGIN:
            assert (await probe.ask(f"{verb} x"))[:3] == "530", verb


async def test_without_rights_no_path_is_reached() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"")
    async with logged_in(server_of(tree, extensions=OPTIONAL_VERBS), name="eve") as probe:
        for verb in PATHS:
            await probe.ask("EPSV")
            assert (await probe.ask(f"{verb} f"))[:3] == "550", verb
        lines = ["MFMT 20200101000000 f", "SITE CHMOD 600 f", "SITE UTIME 20200101000000 f"]
        lines += ["XCRC f", 'XMD5 "f" 0 1', "XSHA256 f", 'COMB "g" "f"', "COMB f g"]
        for line in lines:
            assert (await probe.ask(line))[:3] == "550", line


def test_every_verb_that_changes_something_asks_for_a_right() -> None:
    changing = {"STOR", "STOU", "APPE", "DELE", "RMD", "MKD", "RNFR", "RNTO", "MFMT", "RETR"}
    for name in {*changing, *OPTIONAL_VERBS} - {"RANG", "MODE Z"}:
        assert ALL[name].permission, name


async def test_extensions_are_unknown_unless_switched_on() -> None:
    async with logged_in() as probe:
        names = sorted({name.partition(" ")[0] for name in OPTIONAL_VERBS} - {"MODE"})
        assert await probe.codes(*[f"{name} f" for name in names]) == ["500"] * len(names)
        features = await probe.ask("FEAT")
        assert not [name for name in (*names, "MODE Z") if f" {name}" in features]


def test_an_extension_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="no such optional verbs: XYZ"):
        server_of(extensions={"XYZ", "HASH"})
    for row in SITE_VERBS.values():
        assert row.permission == Permission.ATTRIBUTES or row.name == "HELP"


@pytest.mark.parametrize("is_allowed", [True, False])
@pytest.mark.parametrize("verb", ["PWD", "NOOP", "STAT"])
async def test_the_table_says_what_is_answered_during_a_transfer(
    verb: str, is_allowed: bool
) -> None:
    server = server_of()
    row = VERBS[verb]._replace(allowed_during_transfer=is_allowed)
    _use_rows(server, {verb: row})
    async with logged_in(server) as probe:
        async with await probe.open_data():
            await probe.ask("STOR f")
            alone = (await probe.ask(verb))[:3] if is_allowed else ""
            await probe.send("PWD")
        end, last = [(await probe.reply())[:3] for _ in range(2)]
        assert (alone, *sorted([end, last])) == (alone, "226", "257")
        if not is_allowed:
            assert end == "226"


@pytest.mark.parametrize("verb", ["SIZE", "MDTM", "RETR"])
async def test_the_table_says_what_is_meant_for_ls(verb: str) -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"")
    server = server_of(tree)
    _use_rows(server, {verb: VERBS[verb]._replace(ls_options=True)})
    async with logged_in(server) as probe, await probe.open_data():
        assert (await probe.ask(f"{verb} -la f"))[:1] in "12"


def _use_rows(server: Server, rows: dict[str, Verb]) -> None:
    options = server._shared.options
    server._shared.options = replace(options, verbs={**options.verbs, **rows})


@pytest.mark.parametrize("verb", PATHS)
async def test_a_path_is_resolved_once(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []

    def resolve(session: Session, argument: str) -> PurePosixPath:
        resolved.append(argument)
        return real(session, argument)

    real = Session.resolve
    monkeypatch.setattr(Session, "resolve", resolve)
    async with logged_in(server_of(extensions=OPTIONAL_VERBS)) as probe:
        async with await probe.open_data():
            resolved.clear()
            await probe.ask(f"{verb} f")
        assert resolved == ["f"]
