"""Attacks on the control connection: SECURITY rows P8, P10 to P12 and P14 to P17."""

from __future__ import annotations

import logging
import random
import ssl
import tracemalloc
from contextlib import suppress
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem
from anyftp._protocol import OPTIONAL_VERBS, parse_257
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["local", "memory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path) if request.param == "local" else MemoryFileSystem()


# P8: endless lines.


@pytest.mark.parametrize("size", [8193, 20_000, 60_000])
async def test_p8_a_long_line_is_skipped(size: int) -> None:
    async with logged_in() as probe:
        await probe.send(b"x" * size, "NOOP")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["500", "200"]


async def test_p8_the_longest_line_that_is_none_too_long(tree: FileSystem) -> None:
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.ask("CWD " + "/." * 4094))[:3] == "250"
        assert (await probe.ask("CWD " + "/." * 4095))[:3] == "500"


async def test_p8_a_line_without_end_takes_no_memory() -> None:
    block = b"x" * 1_000_000
    async with logged_in() as probe:
        assert (await probe.ask(b"x" * 60_000))[:3] == "500"
        tracemalloc.start()
        try:
            with suppress(anyio.BrokenResourceError):
                for _ in range(50):
                    await probe.stream.write(block)
                pytest.fail("the server has not hung up")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 1_000_000


async def test_p8_short_lines_that_are_too_long_add_up() -> None:
    async with logged_in() as probe:
        for _ in range(7):
            assert (await probe.ask(b"x" * 9000))[:3] == "500"
        await probe.send(b"x" * 9000)
        assert await probe.is_closed()


# P10: NUL, control bytes, Telnet, what is no UTF-8.


@pytest.mark.parametrize("line", [b"MKD a\0b", b"MKD a\rb", b"\0", b"MK\0D a", b"\r\r\0\r"])
async def test_p10_what_no_command_holds(line: bytes) -> None:
    async with logged_in() as probe:
        assert await probe.codes(line, "NOOP") == ["501", "200"]


def names_of_any_bytes() -> list[bytes]:
    """Each byte that a name can hold, alone and among others, and random ones."""
    dice = random.Random(854)
    legal = bytes(set(range(256)) - set(b"\0\r\n/"))
    names = [bytes([byte]) for byte in legal if byte not in b". "]
    names += [b"a" + legal[at : at + 8] + b"b" for at in range(0, len(legal), 8)]
    names += [bytes(dice.choices(legal, k=dice.randint(2, 60))) for _ in range(30)]
    return sorted({name.lstrip(b"-") or b"_" for name in names} - {b".", b".."})


async def test_p10_names_of_any_bytes_come_back(tree: FileSystem) -> None:
    names = names_of_any_bytes()
    async with logged_in(server_of(tree)) as probe:
        for name in names:
            assert (await probe.ask(b"MKD " + name))[:3] == "257", name
        listed, _ = await probe.download("NLST")
        assert sorted(listed.removesuffix(b"\r\n").split(b"\r\n")) == names
        facts, _ = await probe.download("MLSD")
        assert sorted(line.partition(b" ")[2] for line in facts.split(b"\r\n")[:-1]) == names
        for name in names:
            assert await probe.codes(b"CWD /" + name, b"CWD /", b"RMD " + name) == ["250"] * 3, name
        assert (await probe.download("NLST"))[0] == b""


TELNET = [
    b"\xff\xf4\xff\xf2",
    b"\xff\xf4\xf2",
    b"\xff\xf2",
    b"\xf2",
    b"\xff",
    b"\xff\xff",
    b"\xff\xfb\x01\xff\xfd\x03",
    b"\xff\xf1" * 100,
]


@pytest.mark.parametrize("signal", TELNET)
async def test_p10_telnet_in_front_of_a_command(signal: bytes) -> None:
    async with logged_in() as probe:
        assert await probe.codes(signal + b"NOOP", signal + b"MKD \xff\xf4") == ["200", "257"]
        await probe.send(signal, b"PWD")  # alone it is no command
        assert (await probe.reply())[:3] == "257"
        assert (await probe.download("NLST"))[0] == b"\xff\xf4\r\n"


# P11, P12: names that break replies and listings.


@pytest.mark.parametrize("name", ['a"b', '"', '""', 'a" is', '\\"', 'a"b"c"', "a b"])
async def test_p11_quotes_in_the_name_of_a_folder(tree: FileSystem, name: str) -> None:
    async with logged_in(server_of(tree)) as probe:
        made = await probe.ask(f"MKD {name}")
        assert made[:3] == "257"
        doubled = name.replace('"', '""')
        assert made.startswith(f'257 "/{doubled}" ')
        await probe.ask(f"CWD {name}")
        shown = await probe.ask("PWD")
        assert shown.startswith(f'257 "/{doubled}" ')
        assert parse_257(shown[4:]) == f"/{name}"


FORGING = ["a\r\ntype=dir; evil", "b\nc", "d\r", "\n", "-rw-r--r-- 1 0 0 0 Jan 1 2020 x\r\nevil"]


async def test_p12_a_newline_in_a_name_forges_nothing(tmp_path: Path) -> None:
    for name in ("good", *FORGING):
        (tmp_path / name).write_bytes(b"")
    tree = MemoryFileSystem()
    for name in ("good", *FORGING, "d\0e"):
        tree.put(PurePosixPath("/") / name, b"")
    for files in (LocalFileSystem(tmp_path), tree):
        async with logged_in(server_of(files)) as probe:
            for line in ("LIST", "NLST", "MLSD", "LIST *", "NLST *"):
                text, _ = await probe.download(line)
                assert len(text.splitlines()) == 1
                assert text.endswith(b"good\r\n")
            for line in ("STAT /", "STAT *"):
                shown = await probe.ask(line)
                assert len(shown.splitlines()) == 3
                assert "evil" not in shown


async def test_p12_a_folder_with_a_newline_is_no_place_to_forge_from(tmp_path: Path) -> None:
    """Nobody comes into it by FTP; with such a home, replies still keep to their lines."""
    (tmp_path / "a\r\n221 evil").mkdir()
    async with logged_in(server_of(LocalFileSystem(tmp_path))) as probe:
        await probe.send("CWD a\r\n221 evil")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["550", "500"]


# P14: numbers that are none.


NO_NUMBERS = ["٣", "+5", "-5", "1_0", "0x10", "5.", "1e3", "５", "²", "", "9" * 20, str(2**63)]


@pytest.mark.parametrize("number", NO_NUMBERS)
async def test_p14_only_digits_are_numbers(number: str) -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"0123456789")
    async with logged_in(server_of(tree, extensions=OPTIONAL_VERBS)) as probe:
        lines = [f"REST {number}", f"RANG {number} 9", f"RANG 0 {number}"]
        if number != str(2**63):  # ALLO takes any number of digits that may be a size
            lines.append(f"ALLO {number or 'x'}")
        lines += [f"PORT 127,0,0,1,{number},5", f"EPRT |1|127.0.0.1|{number}|"]
        lines += [f"SITE CHMOD {number} f", f"MFMT {number} f", f"SITE UTIME {number} f"]
        assert await probe.codes(*lines) == ["501"] * len(lines)
        assert (await probe.download("RETR f"))[0] == b"0123456789"


# P15: many commands at once.


async def test_p15_pipelined_commands_are_answered_in_order() -> None:
    lines = ["PWD", "NOOP", "SYST", "NONSENSE", "MLST", "STAT"] * 100
    async with logged_in() as probe:
        await probe.send(*lines)
        codes = [(await probe.reply())[:3] for _ in lines]
        assert codes == ["257", "200", "215", "500", "250", "211"] * 100


async def test_p15_however_the_bytes_are_cut() -> None:
    wire = b"USER bob\r\nPASS secret\r\nPWD\r\nMKD \xc3\xbc\r\n\r\nQUIT\r\n"
    for size in (1, 2, 3, 7, 11):
        async with serving(server_of()) as address, await Probe.connect(address) as probe:
            await probe.reply()
            for start in range(0, len(wire), size):
                await probe.stream.write(wire[start : start + size])
            codes = [(await probe.reply())[:3] for _ in range(5)]
            assert codes == ["331", "230", "257", "257", "221"]


# P16: patterns that cost.


@pytest.mark.parametrize("verb", ["LIST", "NLST", "LIST -la"])
@pytest.mark.parametrize(
    "pattern",
    [
        "*" * 250,
        "*a" * 120 + "b",
        "*" * 100 + "b",
        "[!b]*" * 50 + "b",
        "?*" * 120 + "b",
        "*a*" * 80,
    ],
)
async def test_p16_patterns_take_time_in_proportion(verb: str, pattern: str) -> None:
    """A matcher that backtracks would take ages for one name; here are a hundred."""
    tree = MemoryFileSystem()
    for number in range(100):
        tree.put(f"/{'a' * 150}{number:03}", b"")
    async with logged_in(server_of(tree)) as probe:
        _, reply = await probe.download(f"{verb} {pattern}")
        assert reply[:3] in ("226", "550")


async def test_p16_a_pattern_longer_than_any_name_is_refused() -> None:
    async with logged_in() as probe:
        for line in ("LIST " + "*" * 1000, "NLST " + "{{a,b},{c,d}}*" * 100):
            assert (await probe.download(line))[1][:3] == "553"
        assert (await probe.ask("STAT " + "*" * 1000))[:3] == "553"
        assert (await probe.ask("STAT " + "{a,b}" * 30))[:3] == "550"


# P17: those who speak something else.


@pytest.mark.parametrize("verb", ["GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "get"])
async def test_p17_http_is_turned_away(verb: str) -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        await probe.reply()
        await probe.send(f"{verb} / HTTP/1.1", "Host: x", "", "USER bob", "PASS secret")
        assert b"331" not in await probe.rest()


async def test_p17_unknown_commands_before_the_login_are_counted() -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        await probe.reply()
        assert await probe.codes(*["NONSENSE"] * 10) == ["500"] * 10
        await probe.send("NONSENSE")
        assert await probe.is_closed()
    async with logged_in() as probe:
        assert await probe.codes(*["NONSENSE"] * 30) == ["500"] * 30


async def test_p17_tls_on_a_port_in_clear_text_ends_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Or the client would wait until the login takes too long."""
    caplog.set_level(logging.INFO)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="x")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    for data in (outgoing.read(), b"\x15\x03\x01\x00\x02\x02\x2f"):
        async with serving(server_of()) as address, await Probe.connect(address) as probe:
            await probe.reply()
            await probe.stream.write(data)
            assert await probe.rest() == b""
    assert caplog.text.count("the client speaks TLS") == 2


async def test_p17_names_may_begin_as_tls_does() -> None:
    async with logged_in() as probe:
        await probe.stream.write(b"MKD ")
        await anyio.sleep(0.02)
        await probe.stream.write(b"\x16\x03\x01\r\n")
        assert (await probe.reply())[:3] == "257"


@pytest.mark.parametrize("line", [b"\0", b"US\0ER bob", b"USER bob\0"])
async def test_p17_lines_that_are_none_are_counted_as_well(line: bytes) -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        await probe.reply()
        assert await probe.codes(*[line, b"NONSENSE"] * 5) == ["501", "500"] * 5
        assert (await probe.ask(line))[:3] == "421"
        assert await probe.is_closed()
    async with logged_in() as probe:
        assert await probe.codes(*[line] * 30) == ["501"] * 30
