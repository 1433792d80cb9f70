"""The way from the core's exceptions to those of aioftp's names."""

from __future__ import annotations

from collections.abc import Sequence

import anyftp

from ._codes import Code, wrap_into_codes, wrap_with_container
from ._errors import InvalidCommand, PathIOError, StatusCodeError

#: What is expected of the commands before the one that the caller has asked for.
_ON_THE_WAY = {"TYPE": "200", "EPSV": "229", "PASV": "227", "REST": "350"}


class translated_errors:
    """Raise what aioftp raises where the core raises its own.

    A class, for it is entered several times a command.

    Args:
        expected: the masks that aioftp would name as the expected ones; the core's if empty.

    Raises:
        StatusCodeError: for a refusal.
        InvalidCommand: for a command that cannot be sent.
        ConnectionResetError: the connection is gone.
        asyncio.TimeoutError: as such.
        ssl.SSLError: TLS failed.
        RuntimeError: another task is at it, as asyncio's streams say.
    """

    __slots__ = ("_expected",)

    def __init__(self, expected: str | Sequence[str] = ()) -> None:
        self._expected = expected

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: object
    ) -> None:
        if error is not None and (other := translated(error, self._expected)) is not error:
            raise other from error


def translated(error: BaseException, expected: str | Sequence[str] = ()) -> BaseException:
    """The exception of aioftp's or asyncio's that stands for one of the core's; others as is."""
    match error:
        case anyftp.ReplyError():
            wanted = _ON_THE_WAY.get(error.command) or expected or error.expected
            masks = wrap_into_codes(wrap_with_container(wanted))
            return StatusCodeError(masks, Code(error.code), raw_info(error.info))
        case anyftp.MixedReplyError():
            return StatusCodeError(Code(error.code), Code(error.other_code), error.lines)
        case anyftp.LocalProtocolError():
            return InvalidCommand(str(error))
        case anyftp.TLSError() | anyftp.ConnectionLost():
            return _cause_of(error, expected)
        case anyftp.FTPTimeoutError():
            return TimeoutError(str(error))
        case anyftp.DataConnectionError() if isinstance(error.__cause__, OSError):
            return error.__cause__
        case anyftp.FileSystemError():
            return PathIOError(reason=(type(error), error, error.__traceback__))  # type: ignore[arg-type]
        case anyftp.FTPError():
            return ConnectionResetError(str(error))
    if type(error).__name__ == "BusyResourceError":
        return RuntimeError("another task is using the connection")
    if any(kind.__module__.partition(".")[0] == "anyio" for kind in type(error).__mro__):
        return ConnectionResetError("Connection lost")
    return error


def _cause_of(error: anyftp.FTPError, expected: str | Sequence[str]) -> BaseException:
    """Why there is no connection: what the system, TLS or the server said."""
    cause = error.__cause__
    if isinstance(cause, anyftp.ReplyError):
        return translated(cause, expected)
    return cause if isinstance(cause, OSError) else ConnectionResetError(str(error))


def raw_lines(code: str, lines: Sequence[str]) -> list[str]:
    """A reply's lines as they stand on the wire, without blanks at their ends, as aioftp has it."""
    if len(lines) < 2:
        return [f"{code} {''.join(lines)}".rstrip()]
    first, *middle, last = lines
    inside = (f"{code}-{line}" if isinstance(line, anyftp.CodedLine) else line for line in middle)
    return [line.rstrip() for line in (f"{code}-{first}", *inside, f"{code} {last}")]


def raw_info(lines: Sequence[str]) -> list[str]:
    """The same behind the code."""
    return raw_lines("", lines)
