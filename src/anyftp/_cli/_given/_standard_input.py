"""Standard input, without taking more of it than was asked for.

Who comes next reads the rest: the data of `put -` behind a password, or another command of the same
script. So a line is read from the descriptor byte by byte, as `read` of a shell does; anything with
a buffer (`sys.stdin`) would swallow what follows the line.
"""

from __future__ import annotations

import os
import select
import sys

from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._ending._status import Status

#: No password is longer.
MAX_LINE = 4096


def descriptor() -> int:
    """The number of standard input, whatever has become of `sys.stdin`."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return 0


def read_line() -> str:
    """Read one line without its end; "" at the end of the input.

    Raises:
        Failure: the line is longer than any password, or there is no standard input.
    """
    line = bytearray()
    number = descriptor()
    while (byte := read_byte(number)) not in (b"", b"\n"):
        line += byte
        if len(line) > MAX_LINE:
            raise Failure(f"the password must be at most {MAX_LINE} bytes", Status.LOCAL_READ)
    return os.fsdecode(bytes(line)).rstrip("\r")


def read_byte(number: int) -> bytes:
    """Read one byte; b"" at the end of the input.

    Raises:
        Failure: it cannot be read.
    """
    try:
        return os.read(number, 1)
    except BlockingIOError:  # somebody who has the other end of it, too, does not want to wait
        select.select([number], [], [])
        return read_byte(number)
    except OSError as error:
        raise Failure(f"standard input: {describe(error)}", Status.LOCAL_READ) from error
