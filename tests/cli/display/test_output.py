"""How names become bytes on standard output."""

from __future__ import annotations

import os
import pty
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import pytest

from anyftp._cli._display._entries import name_bytes
from anyftp._cli._display._output import print_name, print_text, write_out

#: What a name may hold, and how it is shown on a terminal.
NAMES = [
    ("plain \xe4", "plain \xe4".encode()),
    ("esc\x1b[31m\x07", rb"esc\x1b[31m\x07"),
    ("two\nlines", rb"two\nlines"),
    ("no text \udcff", rb"no text \udcff"),
    ("csi \x9b2J", rb"csi \x9b2J"),
]


@contextmanager
def terminal() -> Iterator[int]:
    """Inside, standard output is a terminal; gives the other end of it."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with os.fdopen(theirs, "w", encoding="utf-8") as output, redirect_stdout(output):
        yield ours
    os.close(ours)


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_a_terminal_is_told_to_do_nothing(name: str, shown: bytes) -> None:
    with terminal():
        assert name_bytes(name, before="5\t") == b"5\t" + shown + b"\n"


@pytest.mark.parametrize("name", [name for name, _ in NAMES])
def test_a_pipe_gets_the_bytes(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert name_bytes(name, end="\0") == os.fsencode(name) + b"\0"


@pytest.mark.anyio
async def test_order() -> None:
    """What has been printed before comes before."""
    with terminal() as other_end:
        sys.stdout.write("one ")
        await write_out(b"two ")
        sys.stdout.write("three ")
        await print_name("four", end=" ")
        await print_text("f\xfcnf")
        came = b""
        while not came.endswith(b"\n"):  # a terminal gives it in parts
            came += os.read(other_end, 100)
    assert came == b"one two three four f\xc3\xbcnf\n"


@pytest.mark.anyio
async def test_without_a_descriptor(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    await write_out(b"\0\xff")
    assert capsysbinary.readouterr().out == b"\0\xff"
