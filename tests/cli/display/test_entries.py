"""Entries of listings for programs."""

from __future__ import annotations

import io
import sys

import pytest

from anyftp._cli._display._entries import (
    can_show,
    entry_line,
    entry_object,
)
from anyftp._protocol import ListingDecoder

ENTRY, BARE = ListingDecoder("mlsd").feed(
    b"type=file;size=5;modify=20260102030405; a b\r\ntype=dir; d\r\n"
)


def test_lines_with_tabs() -> None:
    assert entry_line(ENTRY, is_long=True) == b"file\t5\t2026-01-02T03:04:05Z\ta b\n"
    assert entry_line(BARE, is_long=True) == b"dir\t-\t-\td\n"
    assert entry_line(ENTRY, is_long=False) == b"a b\n"


def test_objects() -> None:
    told = entry_object(ENTRY)
    assert (told["name"], told["type"], told["size"]) == ("a b", "file", 5)
    assert told["modified"] == "2026-01-02T03:04:05Z"
    assert told["facts"]["size"] == "5"
    assert (entry_object(BARE)["size"], entry_object(BARE)["modified"]) == (None, None)


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", False), ("utf-8", True)])
def test_signs_that_an_output_has(
    encoding: str, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert can_show("├──") is shown
    assert can_show("plain")
