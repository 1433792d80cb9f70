"""Errors and the codes that stand for them."""

from __future__ import annotations

import errno

import pytest

from anyftp._errors import FileSystemError
from anyftp._server._refusals import Refused, file_error_reply


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, "550"),
        (errno.EACCES, "550"),
        (errno.EROFS, "550"),
        (errno.ENOSPC, "452"),
        (errno.EDQUOT, "552"),
        (errno.ENAMETOOLONG, "553"),
        (errno.EINVAL, "553"),
        (errno.EIO, "451"),
        (errno.EAGAIN, "450"),
        (errno.EMFILE, "451"),
        (errno.ESTALE, "451"),
    ],
)
def test_codes(number: int, code: str) -> None:
    reply = file_error_reply(FileSystemError(number, "/inner"))
    assert reply.code == code
    assert "/inner" in reply.text


def test_paths_of_the_machine_never_show() -> None:
    assert "/outer" not in file_error_reply(OSError(errno.ENOENT, "no", "/outer")).text
    assert file_error_reply(OSError("odd")).code == "451"


def test_a_refusal_carries_its_reply() -> None:
    refusal = Refused("550", "No.")
    assert (refusal.reply.code, refusal.reply.text, str(refusal)) == ("550", "No.", "550 No.")
