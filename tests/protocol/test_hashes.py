from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol import (
    CHECKSUM_VERBS,
    HASH_DIGITS,
    FileHash,
    HashFeature,
    Reply,
    ReplyDecoder,
    format_hash,
    hash_name,
    parse_checksum,
    parse_checksum_argument,
    parse_features,
    parse_hash,
    parse_hash_option,
)

SHA256 = hashlib.sha256(b"anyftp").hexdigest()
SHA1 = hashlib.sha1(b"anyftp").hexdigest()
MD5 = hashlib.md5(b"anyftp").hexdigest()

HASHES = [
    ("draft", (f"SHA-256 0-49 {SHA256} a b.txt",), FileHash("SHA-256", SHA256, 0, 49, "a b.txt")),
    ("no range", (f"MD5 {MD5} a.txt",), FileHash("MD5", MD5, path="a.txt")),
    ("no name", (f"MD5 0-55 {MD5}",), FileHash("MD5", MD5, 0, 55)),
    ("capitals", (f"sha1 0-9 {SHA1.upper()} A",), FileHash("SHA-1", SHA1, 0, 9, "A")),
    ("lines before", ("", "working", f"MD5 0-1 {MD5} a"), FileHash("MD5", MD5, 0, 1, "a")),
    ("a line behind", (f"MD5 0-1 {MD5} a", "Done."), FileHash("MD5", MD5, 0, 1, "a")),
    ("blanks in the name", (f"MD5 0-1 {MD5}  a",), FileHash("MD5", MD5, 0, 1, " a")),
    ("the name looks like a hash", (f"MD5 0-1 {MD5} {SHA1}",), FileHash("MD5", MD5, 0, 1, SHA1)),
    ("short CRC", ("CRC32 0-1 aae4aae a",), FileHash("CRC32", "0aae4aae", 0, 1, "a")),
    ("unknown", ("TIGER 0-1 abc a",), FileHash("TIGER", "abc", 0, 1, "a")),
]


@pytest.mark.parametrize(
    ("lines", "expected"), [case[1:] for case in HASHES], ids=[case[0] for case in HASHES]
)
def test_hash(lines: tuple[str, ...], expected: FileHash) -> None:
    assert parse_hash(Reply("213", lines)) == expected


@pytest.mark.parametrize("text", ["", "ok", "SHA-256 0-1 abc a", f"MD5 {SHA1} a", "MD5 0-1 xyz a"])
def test_no_hash(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="HASH"):
        parse_hash(Reply("213", (text,)))


@given(st.sampled_from(sorted(HASH_DIGITS)), st.integers(0, 2**63), st.text(min_size=1), st.data())
def test_what_is_formatted_can_be_parsed(
    algorithm: str, start: int, path: str, data: st.DataObject
) -> None:
    digits = data.draw(st.text("0123456789abcdef", min_size=HASH_DIGITS[algorithm]))
    value = FileHash(algorithm, digits[: HASH_DIGITS[algorithm]], start, start + 1, path)
    if set("\r\n\0") & set(path):
        with pytest.raises(LocalProtocolError):
            format_hash(value)
    else:
        assert parse_hash(Reply("213", (format_hash(value),))) == value


def test_half_a_hash_is_not_formatted() -> None:
    for value in (FileHash("MD5", MD5, path="a"), FileHash("MD5", MD5, 0, 1)):
        with pytest.raises(LocalProtocolError):
            format_hash(value)


CHECKSUMS = [
    ("XSHA256", "250", (SHA256,), SHA256),
    ("XSHA", "250", (SHA1.upper(),), SHA1),
    ("XMD5", "250", ("Computing MD5 digest", MD5), MD5),
    ("XMD5", "250", (MD5, "Done."), MD5),
    ("XMD5", "213", (f"{MD5} a.txt",), MD5),
    ("XMD5", "250", (f"XMD5: {MD5}.",), MD5),
    ("XMD5", "250", (f"{MD5} {'0' * 32}",), MD5),
    ("MD5", "251", (f'"{"0" * 32}" {MD5}',), MD5),
    ("MD5", "251", (f"/a/b c {MD5}",), MD5),
    ("XCRC", "250", ("AAE4AAE1",), "aae4aae1"),
    ("XCRC", "250", ("0xAAE4AAE1",), "aae4aae1"),
    ("XCRC", "250", ("aae4aae",), "0aae4aae"),
    ("XCRC", "250", ("0",), "00000000"),
    ("XCRC", "250", ("XCRC = aae4aae",), "0aae4aae"),
]


@pytest.mark.parametrize(("verb", "code", "lines", "digest"), CHECKSUMS)
def test_checksum(verb: str, code: str, lines: tuple[str, ...], digest: str) -> None:
    assert parse_checksum(verb, Reply(code, lines)) == FileHash(CHECKSUM_VERBS[verb], digest)


@pytest.mark.parametrize(
    ("verb", "text"),
    [("XMD5", ""), ("XMD5", SHA1), ("XMD5", "abc"), ("XCRC", "Done"), ("XCRC", MD5)],
)
def test_no_checksum(verb: str, text: str) -> None:
    with pytest.raises(RemoteProtocolError, match=verb):
        parse_checksum(verb, Reply("250", (text,)))


@given(st.sampled_from(sorted(CHECKSUM_VERBS)), st.text("0123456789abcdefxyz \"':=.,-"), st.text())
def test_any_reply(verb: str, text: str, other: str) -> None:
    for lines in ((text,), (text, other), (other,)):
        for parse in (parse_hash, lambda reply: parse_checksum(verb, reply)):
            try:
                found = parse(Reply("250", lines))
            except RemoteProtocolError:
                continue
            assert len(found.digest) == HASH_DIGITS.get(found.algorithm, len(found.digest))


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("a b.txt", ("a b.txt", None, None)),
        ("a 1 2", ("a 1 2", None, None)),
        ('"a b"', ("a b", None, None)),
        ('"a b" 100', ("a b", 0, 100)),
        ('"a b" 10 100', ("a b", 10, 100)),
        ('"a b", 10, 100', ("a b", 10, 100)),
        ('"a ""b"""', ('a "b"', None, None)),
        ('"a" x', ('"a" x', None, None)),
        ('""', ('""', None, None)),
    ],
)
def test_checksum_argument(argument: str, expected: tuple[str, int | None, int | None]) -> None:
    assert parse_checksum_argument(argument) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            "SHA-256;SHA-512;SHA-1*;MD5",
            HashFeature(("SHA-256", "SHA-512", "SHA-1", "MD5"), "SHA-1"),
        ),
        ("sha256*; md5 ;", HashFeature(("SHA-256", "MD5"), "SHA-256")),
        ("MD5;MD5", HashFeature(("MD5",))),
        ("TIGER*", HashFeature(("TIGER",), "TIGER")),
        ("", HashFeature(())),
        (" ; ?? ;*", HashFeature(())),
    ],
)
def test_feature(parameters: str, expected: HashFeature) -> None:
    assert HashFeature.parse(parameters) == expected


def test_feature_there_and_back() -> None:
    feature = HashFeature(("SHA-256", "MD5"), "SHA-256")
    assert str(feature) == "HASH SHA-256*;MD5;"
    (reply,) = ReplyDecoder().feed(Reply("211", ("Features:", f" {feature}", "End")).encode())
    assert HashFeature.parse(parse_features(reply)["HASH"]) == feature


@given(st.text())
def test_any_feature(parameters: str) -> None:
    feature = HashFeature.parse(parameters)
    assert HashFeature.parse(str(feature).removeprefix("HASH ")) == feature


@pytest.mark.parametrize("name", ["SHA-256", "sha256", "Sha_256", "SHA256"])
def test_names(name: str) -> None:
    assert hash_name(name) == "SHA-256"
    assert parse_hash_option(f" {name}", ["SHA-256"]) == "SHA-256"


def test_option() -> None:
    assert parse_hash_option("", ["SHA-256"]) == ""
    with pytest.raises(RemoteProtocolError, match="CRC-37"):
        parse_hash_option("CRC-37", ["SHA-256"])
