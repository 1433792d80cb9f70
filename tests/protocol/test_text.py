from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol._text import (
    Command,
    breaks_lines,
    decode_command,
    decode_text,
    encode_command,
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
    ("verb", "argument", "wire"),
    [
        ("NOOP", "", b"NOOP\r\n"),
        ("CWD", "a b", b"CWD a b\r\n"),
        ("RETR", " leading and trailing ", b"RETR  leading and trailing \r\n"),
        ("RETR", "caf\xe9", b"RETR caf\xc3\xa9\r\n"),
        ("RETR", "caf\udce9", b"RETR caf\xe9\r\n"),
    ],
)
def test_encode(verb: str, argument: str, wire: bytes) -> None:
    assert encode_command(verb, argument) == wire


def test_encode_in_another_encoding() -> None:
    assert encode_command("CWD", "\u4e2d", "gbk") == b"CWD \xd6\xd0\r\n"


@pytest.mark.parametrize("breaker", ["\r", "\n", "\r\n", "\0"])
@pytest.mark.parametrize("verb", ["CWD", "USER", "PASS", "ACCT", "MKD", "SITE"])
def test_no_second_command(verb: str, breaker: str) -> None:
    with pytest.raises(LocalProtocolError, match="CR, LF or NUL"):
        encode_command(verb, f"x{breaker}DELE y")
    with pytest.raises(LocalProtocolError, match="a verb must be"):
        encode_command(f"{verb}{breaker}DELE", "y")


@pytest.mark.parametrize("verb", ["", "A B", "N\xd6OP", " NOOP"])
def test_no_verb(verb: str) -> None:
    with pytest.raises(LocalProtocolError, match="a verb must be"):
        encode_command(verb)


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("PASS", "secret\n"),
        ("pass", "secret\r"),
        ("ACCT", "secret\0"),
        ("PASS", "secret\ud800"),
        ("PASS secret", ""),
        ("PASS\rsecret", ""),
    ],
)
def test_secrets_stay_secret(verb: str, argument: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode_command(verb, argument)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_argument_that_cannot_be_said() -> None:
    with pytest.raises(LocalProtocolError, match="latin-1"):
        encode_command("CWD", "\u20ac", "latin-1")


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


@given(st.text(st.characters(exclude_characters="\r\n\0")))
def test_decode_reverses_encode(argument: str) -> None:
    try:
        line = encode_command("RETR", argument)
    except LocalProtocolError:
        return  # a lone surrogate that stands for no byte
    assert decode_command(line.removesuffix(b"\r\n")) == Command("RETR", argument)
