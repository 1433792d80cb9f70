"""The way from the core's exceptions to those of aioftp's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import anyftp

from ._codes import Code, wrap_into_codes, wrap_with_container
from ._errors import InvalidCommand, PathIOError, StatusCodeError


@contextmanager
def translated_errors(expected: str | Sequence[str] = ()) -> Iterator[None]:
    """Raise what aioftp raises where the core raises its own.

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
    try:
        yield
    except anyftp.FTPError as error:
        raise translated(error, expected) from error
    except Exception as error:
        if type(error).__name__ == "BusyResourceError":
            raise RuntimeError("another task is using the connection") from error
        if is_broken_stream(error):
            raise ConnectionResetError("Connection lost") from error
        raise


def translated(error: anyftp.FTPError, expected: str | Sequence[str] = ()) -> BaseException:
    """The exception of aioftp's that stands for one of the core's."""
    match error:
        case anyftp.ReplyError():
            masks = wrap_into_codes(wrap_with_container(expected or error.expected))
            return StatusCodeError(masks, Code(error.code), raw_info(error.info))
        case anyftp.MixedReplyError():
            return StatusCodeError(Code(error.code), Code(error.other_code), error.lines)
        case anyftp.LocalProtocolError():
            return InvalidCommand(str(error))
        case anyftp.TLSError():
            return _cause_of(error, expected)
        case anyftp.ConnectionLost():
            return _cause_of(error, expected)
        case anyftp.FTPTimeoutError():
            return TimeoutError(str(error))
        case anyftp.DataConnectionError() if isinstance(error.__cause__, OSError):
            return error.__cause__
        case anyftp.FileSystemError():
            return PathIOError(reason=(type(error), error, error.__traceback__))  # type: ignore[arg-type]
    return ConnectionResetError(str(error))


def _cause_of(error: anyftp.FTPError, expected: str | Sequence[str]) -> BaseException:
    """Why there is no connection: what the system, TLS or the server said."""
    cause = error.__cause__
    if isinstance(cause, anyftp.ReplyError):
        return translated(cause, expected)
    return cause if isinstance(cause, OSError) else ConnectionResetError(str(error))


def raw_info(lines: list[str]) -> list[str]:
    """A reply's lines as they stand behind the code on the wire."""
    if len(lines) < 2:
        return [f" {line}" if line else "" for line in lines] or [""]
    return [f"-{lines[0]}", *lines[1:-1], f" {lines[-1]}"]


def is_broken_stream(error: BaseException) -> bool:
    """Whether this is what the core's streams raise once they cannot be used any more."""
    return any(kind.__module__.partition(".")[0] == "anyio" for kind in type(error).__mro__)
