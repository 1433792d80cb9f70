from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import CodedLine, Reply, ReplyDecoder, parse_257, quote_257
from anyftp._protocol._text import decode_text

R = Reply

EXAMPLES = [
    ("one line", b"220 ready\r\n", [R("220", ("ready",))]),
    ("bare LF", b"220 ready\n", [R("220", ("ready",))]),
    ("no text", b"200 \r\n", [R("200")]),
    ("no text and no blank", b"200\r\n", [R("200")]),
    ("several at once", b"150 a\r\n226 b\r\n", [R("150", ("a",)), R("226", ("b",))]),
    (
        "RFC 959, 4.2",
        b"123-First line\r\nSecond line\r\n  234 A line\r\n123 The last line\r\n",
        [R("123", ("First line", "Second line", "  234 A line", "The last line"))],
    ),
    (
        "lines with other codes inside (nmap PR 3262, cyberduck PR 16622)",
        b"250-\r\n550 no\r\n550\r\n550-x\r\n250 ok\r\n",
        [R("250", ("", "550 no", "550", "550-x", "ok"))],
    ),
    (
        "empty continuation and bare code at the end (node-ftp PR 1)",
        b"200-blabla\n200-\n200\n",
        [R("200", ("blabla", "", ""))],
    ),
    (
        "same code and hyphen inside",
        b"230-Hello\r\n230-\r\n230-you\r\n230 in\r\n",
        [R("230", ("Hello", "", "you", "in"))],
    ),
    (
        "the code inside a word",
        b"230-User usr-230 is in\r\n2300 yes\r\n230 ok\r\n",
        [R("230", ("User usr-230 is in", "2300 yes", "ok"))],
    ),
    (
        "banner art with empty lines",
        b"220-  **  **\r\n\r\n   **\r\n220---\r\n220 ready\r\n",
        [R("220", ("  **  **", "", "   **", "--", "ready"))],
    ),
    (
        "FEAT (RFC 2389)",
        b"211-Features:\r\n MDTM\r\n REST STREAM\r\n211 End\r\n",
        [R("211", ("Features:", " MDTM", " REST STREAM", "End"))],
    ),
    (
        "empty lines between replies",
        b"\r\n120 wait\r\n\r\n220 go\r\n",
        [R("120", ("wait",)), R("220", ("go",))],
    ),
    ("bytes that are no UTF-8", b'257 "/caf\xe9"\r\n', [R("257", ('"/caf\udce9"',))]),
]


@pytest.mark.parametrize(
    ("data", "replies"), [case[1:] for case in EXAMPLES], ids=[case[0] for case in EXAMPLES]
)
def test_examples(data: bytes, replies: list[Reply]) -> None:
    decoder = ReplyDecoder()
    assert decoder.feed(data) == replies
    assert decoder.pending == 0


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"22 x\r\n",
        b"2200 x\r\n",
        b"999 x\r\n",
        b"020 x\r\n",
        b"220:x\r\n",
        b"\xff\xfe\r\n",
        "\u0662\u0662\u0660 x\r\n".encode(),
        b"-220 x\r\n",
        b" 220 x\r\n",
        b"HTTP/1.1 400 Bad\r\n",
    ],
)
def test_garbage_is_refused(data: bytes) -> None:
    decoder = ReplyDecoder()
    with pytest.raises(RemoteProtocolError, match="no reply begins"):
        decoder.feed(data)
    with pytest.raises(RemoteProtocolError):
        decoder.feed(b"220 too late\r\n")


def test_reply_before_garbage_comes_first() -> None:
    decoder = ReplyDecoder()
    assert decoder.feed(b"226 done\r\ngarbage\r\n") == [R("226", ("done",))]
    assert decoder.pending > 0
    with pytest.raises(RemoteProtocolError):
        decoder.feed()


def test_pending_counts_what_was_injected_before_tls() -> None:
    decoder = ReplyDecoder()
    assert decoder.feed(b"234 go\r\n230-half") == [R("234", ("go",))]
    assert decoder.pending == 8
    decoder.feed(b" a reply\r\n")
    assert decoder.pending == 16
    decoder.clear()
    assert decoder.pending == 0
    assert decoder.feed(b"200 ok\r\n") == [R("200", ("ok",))]


@pytest.mark.parametrize(
    "line",
    [b"230-x" + b"x" * 100 + b"\r\n", b"\r\n", b"230-more\r\n"],
    ids=["long", "empty", "short"],
)
def test_endless_reply_is_bounded(line: bytes) -> None:
    decoder = ReplyDecoder(max_bytes=5000, max_lines=100)
    decoder.feed(b"230-\r\n")
    with pytest.raises(RemoteProtocolError, match="more than 5000 bytes or 100 lines"):
        feed_often(decoder, line)
    assert decoder.pending <= 5200


def feed_often(decoder: ReplyDecoder, line: bytes) -> None:
    for _ in range(200):
        decoder.feed(line)


def test_endless_line_is_bounded() -> None:
    decoder = ReplyDecoder()
    with pytest.raises(RemoteProtocolError, match="8192"):
        decoder.feed(b"200 " + b"x" * 9000)


def test_lenient_end_of_glftpd() -> None:
    decoder = ReplyDecoder()
    assert decoder.feed(b"553-\r\n553- Directory excluded.\r\n150 Opening x.\r\n") == []
    assert decoder.plausible == R("150", ("", " Directory excluded.", "Opening x."))
    assert decoder.close_leniently() == R("150", ("", " Directory excluded.", "Opening x."))
    assert decoder.pending == 0
    assert decoder.feed(b"226 done\r\n") == [R("226", ("done",))]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"553-x\r\n",
        b"553-x\r\nhello\r\n",
        b"553-x\r\n150 y\r\n553",
        b"553-x\r\n150\r\n",
    ],
    ids=["nothing", "first line", "text", "half a line", "no blank"],
)
def test_no_lenient_end(data: bytes) -> None:
    decoder = ReplyDecoder()
    decoder.feed(data)
    pending = decoder.pending
    assert decoder.close_leniently() is None
    assert decoder.pending == pending


@pytest.mark.parametrize(
    ("reply", "wire"),
    [
        (R("226", ("ok",)), b"226 ok\r\n"),
        (R("200"), b"200 \r\n"),
        (R("200", ()), b"200 \r\n"),
        (R("211", ("Features:", " SIZE", "End")), b"211-Features:\r\n SIZE\r\n211 End\r\n"),
        (R("230", ("a", "b")), b"230-a\r\n230 b\r\n"),
        (R("230", ("a", "226 x", "", "y", "b")), b"230-a\r\n230-226 x\r\n230-\r\ny\r\n230 b\r\n"),
        (R("550", ("a\r\n226 b\0",)), b"550 a??226 b?\r\n"),
        (R("550", ("caf\udce9",)), b"550 caf\xe9\r\n"),
        (R("550", ("\ud800",)), b"550 ?\r\n"),
    ],
)
def test_encode(reply: Reply, wire: bytes) -> None:
    assert reply.encode() == wire


@pytest.mark.parametrize(
    "wire",
    [
        b"211-a\r\n211-b\r\n c\r\n211-d\r\n211 e\r\n",
        b"220-  **\r\n220-\r\n220---\r\n220-1 of 5\r\nnone\r\n220 ready\r\n",
        b"211-a\r\n211 b\r\n",
    ],
)
def test_lines_with_the_code_in_front_stay_what_they_are(wire: bytes) -> None:
    (reply,) = ReplyDecoder().feed(wire)
    assert reply.encode() == wire
    coded = [line for line in reply.lines[1:-1] if isinstance(line, CodedLine)]
    assert len(coded) == wire.count(b"\r\n" + wire[:3] + b"-")
    assert reply == Reply(reply.code, tuple(map(str, reply.lines)))


def test_a_line_with_the_code_in_front_is_one_line() -> None:
    reply = R("211", ("a", CodedLine("b\r\n226 c"), "d"))
    assert reply.encode() == b"211-a\r\n211-b??226 c\r\n211 d\r\n"


def test_encode_in_a_poor_encoding() -> None:
    assert R("550", ("caf\xe9 \u20ac",)).encode("latin-1") == b"550 caf\xe9 ?\r\n"


@pytest.mark.parametrize(
    ("mask", "fits"),
    [
        *(("2xx", True), ("226", True), ("22x", True), ("2XX", True), ("xxx", True)),
        *(("225", False), ("1xx", False), ("", False), ("2", False), ("2xxx", False)),
    ],
)
def test_matches(mask: str, fits: bool) -> None:
    assert R("226").matches(mask) is fits
    assert R("226").matches("1xx", mask) is fits


def test_kinds() -> None:
    kinds = [
        (
            r.is_preliminary,
            r.is_positive,
            r.is_intermediate,
            r.is_transient,
            r.is_permanent,
            r.is_refusal,
        )
        for r in (R("150"), R("226"), R("350"), R("450"), R("550"))
    ]
    assert kinds == [
        (True, False, False, False, False, False),
        (False, True, False, False, False, False),
        (False, False, True, False, False, False),
        (False, False, False, True, False, True),
        (False, False, False, False, True, True),
    ]
    assert R("211", ("a", "b")).text == "a\nb"


CODES = st.from_regex(r"[1-5][0-9]{2}", fullmatch=True)
LINES = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)


@given(CODES, st.lists(LINES | st.sampled_from(["226 x", "226-x", "226", " x"]), min_size=1))
def test_decode_reverses_encode(code: str, lines: list[str]) -> None:
    reply = Reply(code, tuple(lines))
    assert ReplyDecoder().feed(reply.encode()) == [reply]


@given(
    st.text(min_size=1).map(lambda text: text.replace("\r", "").replace("\n", "").replace("\0", ""))
)
def test_paths_survive_a_reply(name: str) -> None:
    path = PurePosixPath("/", name.encode("utf-8", "replace").decode().lstrip("/"))
    (reply,) = ReplyDecoder().feed(Reply("257", (f"{quote_257(path)} created",)).encode())
    assert parse_257(reply.text) == str(path)


def outcome(pieces: list[bytes]) -> tuple[list[Reply], bool]:
    decoder = ReplyDecoder(max_line=20, max_bytes=60, max_lines=5)
    replies: list[Reply] = []
    try:
        for piece in pieces:
            replies += decoder.feed(piece)
            replies += decoder.feed()
    except RemoteProtocolError:
        return replies, True
    return replies, False


PIECES = st.sampled_from(
    [b"220", b"-", b" ", b"\r\n", b"\n", b"\r", b"226 x\r\n", b"220 \n", b"text"]
)


@given(st.lists(PIECES | st.binary(max_size=5)))
def test_any_bytes_in_any_chunking(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    expected = outcome([whole])
    assert outcome(pieces) == expected
    assert outcome([whole[i : i + 1] for i in range(len(whole))]) == expected


def test_text_before_the_first_reply_is_passed_over_within_bounds() -> None:
    text = b"Welcome to this host!\r\n\r\n* have fun * \xe4\r\n"
    decoder = ReplyDecoder(preamble_lines=3)
    assert decoder.feed(text + b"220 ready\r\n") == [Reply("220", ("ready",))]
    with pytest.raises(RemoteProtocolError, match="no reply begins"):
        decoder.feed(b"some text\r\n")  # it is for the first one only
    for limit, said in [
        (0, text),
        (1, text),
        (9, b"SSH-2.0-OpenSSH_9.6\r\n"),
        (9, b"HTTP/1.1 400 Bad Request\r\n"),
        (9, b"* OK IMAP4rev1 ready\r\n"),
        (9, b"* BYE too busy\r\n"),
        (9, b"\x15\x03\x01\x00\x02\r\n"),
    ]:
        with pytest.raises(RemoteProtocolError, match="no reply begins"):
            ReplyDecoder(preamble_lines=limit).feed(said)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "gbk", "hz", "shift_jis", "utf-7"])
@given(data=st.binary().filter(lambda data: not {10, 13} & {*data}))
@example(data=b"~\0\xe9")
def test_no_bytes_fail_to_be_a_text(encoding: str, data: bytes) -> None:
    (reply,) = ReplyDecoder(encoding).feed(b"220 " + data + b"\r\n")
    assert reply == Reply("220", (decode_text(data, encoding),))
