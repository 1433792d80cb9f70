"""What errors say, and that they survive copying and pickling."""

import copy
import errno
import pickle
from pathlib import PurePosixPath

import pytest

from anyftp import _errors
from anyftp._errors import (
    ChecksumError,
    ConnectionLost,
    DataConnectionError,
    FileSystemError,
    FTPError,
    FTPTimeoutError,
    IncompleteTransferError,
    ListingError,
    LocalProtocolError,
    MixedReplyError,
    NameCollisionError,
    NoDataPort,
    RemoteProtocolError,
    SourceChangedError,
    TLSError,
    UnconfirmedTransferError,
    UnsafeNameError,
    UploadRejectedError,
)
from anyftp._protocol import reply_error

EXAMPLES: list[tuple[FTPError, str]] = [
    (LocalProtocolError("a path with CR"), "a path with CR"),
    (RemoteProtocolError("no reply"), "no reply"),
    (
        reply_error("550", ["No such", " file"], command="RETR", argument="/a b"),
        "RETR '/a b': the server answered 550 No such file",
    ),
    (
        reply_error("450", ["Busy."], expected=["1xx", "2xx"], command="TYPE", argument="I"),
        "TYPE: the server answered 450 Busy.",
    ),
    (
        reply_error("350", ["More."], expected=["1xx", "2xx"], command="NOOP"),
        "NOOP: the server answered 350 More. (expected 1xx or 2xx)",
    ),
    (reply_error("421"), "the server answered 421"),
    (FTPTimeoutError("reply to RETR", 60), "reply to RETR: nothing within 60 s"),
    (FTPTimeoutError("read", None), "read: nothing"),
    (ConnectionLost("gone"), "gone"),
    (MixedReplyError("221", "220", ["a"]), "a reply that began with 221 has a line with 220"),
    (
        UnconfirmedTransferError("/a", "STOR", ConnectionLost("gone")),
        "STOR '/a': all went over, but was not confirmed: gone",
    ),
    (DataConnectionError("broke"), "broke"),
    (IncompleteTransferError("/a", 3, 5), "/a: the transfer was cut short after 3 of 5 bytes"),
    (
        IncompleteTransferError("/a", 7, 5),
        "/a: the transfer brought 7 bytes of a file of 5",
    ),
    (
        IncompleteTransferError("/a", 3, None),
        "/a: the transfer ended after 3 bytes, and nothing says that this is all",
    ),
    (NoDataPort("all in use"), "all in use"),
    (
        ChecksumError("/a", "MD5", "00", "ff"),
        "/a: its MD5 is 00 here and ff on the server",
    ),
    (
        SourceChangedError("/a", (3, 10**18), (5, 10**18 + 1)),
        "/a: it changed while it was read, from 3 bytes of 2001-09-09T01:46:40.000000000Z"
        " to 5 bytes of 2001-09-09T01:46:40.000000001Z",
    ),
    (TLSError("refused"), "refused"),
    (ListingError("x\ty"), "no known listing dialect has this line: 'x\\ty'"),
    (ListingError("", "too much"), "too much"),
    (UnsafeNameError(".."), "refused a name that could lead elsewhere: '..'"),
    (NameCollisionError("/a", ("B", "b")), "/a: 'B' and 'b' would be one file here"),
    (UploadRejectedError("no pictures"), "no pictures"),
    (
        FileSystemError(errno.ENOENT, PurePosixPath("/a b")),
        "[Errno 2] No such file or directory: '/a b'",
    ),
]
IDS = [type(error).__name__ for error, _ in EXAMPLES]


@pytest.mark.parametrize(("error", "text"), EXAMPLES, ids=IDS)
def test_messages(error: FTPError, text: str) -> None:
    assert str(error) == text


def test_there_is_an_example_of_each() -> None:
    public = {
        kind
        for kind in vars(_errors).values()
        if isinstance(kind, type) and issubclass(kind, FTPError) and kind.__name__[0] != "_"
    }
    bases = {FTPError, _errors.ProtocolError, _errors.ReplyError}
    assert public - bases == {type(error) for error, _ in EXAMPLES} - bases


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=IDS)
def test_errors_survive_copies_and_pickles(error: FTPError, again: object) -> None:
    error.add_note("seen")
    assert callable(again)
    twin = again(error)
    assert type(twin) is type(error)
    assert (str(twin), repr(twin)) == (str(error), repr(error))
    assert vars(twin) == vars(error)
    for name in ("errno", "strerror", "filename"):
        assert getattr(twin, name, None) == getattr(error, name, None)


def test_secrets_are_no_paths() -> None:
    for verb in ("PASS", "ACCT", "SITE"):
        assert "sEcReT" not in str(reply_error("530", ["no"], command=verb, argument="sEcReT"))
