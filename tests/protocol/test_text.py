from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol._text import (
    Command,
    breaks_lines,
    decode_command,
    decode_text,
    encode_or_replace,
    encode_text,
    visible,
)

ENCODINGS = ["utf-8", "ascii", "latin-1", "cp1252", "gbk", "big5", "shift_jis", "euc_jp", "koi8-r"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "data", [b"plain", b"caf\xe9", b"\xd6\xd0", b"\x81\r", b"\x8f\xa2\n", b"\x80\xff"]
)
def test_bytes_survive(encoding: str, data: bytes) -> None:
    assert encode_text(decode_text(data, encoding), encoding) == data


def test_codecs_that_decline_surrogates() -> None:
    assert decode_text(b"~\0\xe9", "hz") == "~\0\udce9"


@given(st.binary())
def test_any_bytes_survive_utf8(data: bytes) -> None:
    assert encode_text(decode_text(data, "utf-8"), "utf-8") == data


@given(st.binary(), st.sampled_from(ENCODINGS))
def test_any_bytes_can_be_decoded(data: bytes, encoding: str) -> None:
    decode_text(data, encoding)


@given(st.text(), st.sampled_from(ENCODINGS))
def test_any_text_can_be_shown(text: str, encoding: str) -> None:
    encode_or_replace(text, encoding)


@pytest.mark.parametrize(
    ("text", "breaks"), [("a b\t", False), ("\r", True), ("a\n", True), ("\0a", True)]
)
def test_breaks_lines(text: str, breaks: bool) -> None:
    assert breaks_lines(text) is breaks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("grüße ✓", "grüße ✓"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb", "a\\r\\nb"),
        ("\udcff", "\\udcff"),
        ("\u202eevil", "\\u202eevil"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_one_printable_line(text: str) -> None:
    assert visible(text).isprintable()


# Commands


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"NOOP", Command("NOOP")),
        (b"noop ", Command("NOOP")),
        (b"  quit", Command("QUIT")),
        (b"Retr a b ", Command("RETR", "a b ")),
        (b"RETR  a", Command("RETR", " a")),
        (b"NOOP\r", Command("NOOP")),
        (b"", Command("")),
        (b"   ", Command("")),
        (b"\xff\xf4\xff\xf2ABOR", Command("ABOR")),
        (b"\xff\xf4\xffABOR", Command("ABOR")),
        (b"\xf4\xffabor", Command("ABOR")),
        (b"\xf4ABOR", Command("ABOR")),
        (b"\xf2ABOR", Command("ABOR")),
        (b"\xff\xfb\x01\xff\xfd\x06USER a", Command("USER", "a")),
        (b"RETR caf\xe9", Command("RETR", "caf\udce9")),
        (b"RETR \xff\xff", Command("RETR", "\udcff\udcff")),
        (b"\xc3\xa9 x", Command("\udcc3\udca9", "x")),
    ],
)
def test_decode(line: bytes, command: Command) -> None:
    assert decode_command(line) == command


@pytest.mark.parametrize("line", [b"RETR a\0b", b"RETR a\rb", b"NO\0OP", b"RETR a\nb"])
def test_decode_refuses_control_characters(line: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_command(line)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (Command("PASS", "secret"), "PASS ****"),
        (Command("ACCT", "secret"), "ACCT ****"),
        (Command("PASS"), "PASS"),
        (Command("CWD", "a b"), "CWD a b"),
        (Command("USER", "\x1b[2J"), "USER \\x1b[2J"),
    ],
)
def test_shown_and_logged(command: Command, shown: str) -> None:
    assert str(command) == shown
    assert repr(command) == f"<Command {shown}>"


@given(st.binary())
def test_any_bytes(line: bytes) -> None:
    try:
        command = decode_command(line)
    except RemoteProtocolError:
        return
    assert "\n" not in str(command)
