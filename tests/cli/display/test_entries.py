"""Entries of listings for programs."""

from __future__ import annotations

import io
import sys

import pytest

from anyftp._cli._display._entries import (
    can_show,
    entry_line,
    entry_object,
    print_entries,
    print_name,
)
from anyftp._protocol import ListingDecoder

ENTRY, BARE = ListingDecoder("mlsd").feed(
    b"type=file;size=5;modify=20260102030405; a b\r\ntype=dir; d\r\n"
)


def test_lines_with_tabs() -> None:
    assert entry_line(ENTRY) == "file\t5\t2026-01-02T03:04:05Z\ta b"
    assert entry_line(BARE) == "dir\t-\t-\td"


def test_objects() -> None:
    told = entry_object(ENTRY)
    assert (told["name"], told["type"], told["size"]) == ("a b", "file", 5)
    assert told["modified"] == "2026-01-02T03:04:05Z"
    assert told["facts"]["size"] == "5"
    assert (entry_object(BARE)["size"], entry_object(BARE)["modified"]) == (None, None)


def test_names_are_the_bytes_that_they_are_made_of(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    print_name("\xe4\udcff", end="\0")
    print_entries([ENTRY, BARE], is_long=False)
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"\xc3\xa4\xff\0a b\nd\n"


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", False), ("utf-8", True)])
def test_signs_that_an_output_has(
    encoding: str, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert can_show("├──") is shown
    assert can_show("plain")
