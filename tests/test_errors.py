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
    TLSError,
    UnconfirmedTransferError,
    UnsafeNameError,
    UploadRejectedError,
    reply_error,
)

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
        IncompleteTransferError("/a", 3, None),
        "/a: the transfer ended after 3 bytes, and nothing says that this is all",
    ),
    (NoDataPort("all in use"), "all in use"),
    (
        ChecksumError("/a", "MD5", "00", "ff"),
        "/a: its MD5 is 00 here and ff on the server",
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


MISSING_ABROAD = """\
Datei oder Verzeichnis nicht gefunden
Das System kann die angegebene Datei nicht finden.
Aucun fichier ou dossier de ce type
Le fichier spécifié est introuvable.
No existe el archivo o el directorio
El sistema no puede encontrar el archivo especificado.
File o directory non esistente
Impossibile trovare il file specificato.
Arquivo ou diretório inexistente
O sistema não pode encontrar o arquivo especificado.
Bestand of map bestaat niet
Het systeem kan het opgegeven bestand niet vinden.
Nie ma takiego pliku ani katalogu
Nie można odnaleźć określonego pliku.
Нет такого файла или каталога
Не удается найти указанный файл.
没有那个文件或目录
系统找不到指定的文件。
そのようなファイルやディレクトリはありません
指定されたファイルが見つかりません。
지정된 파일을 찾을 수 없습니다."""
FORBIDDEN_ABROAD = """\
Keine Berechtigung
Zugriff verweigert
Permission non accordée
Accès refusé.
Permiso denegado
Acceso denegado.
Permesso negato
Accesso negato.
Permissão negada
Acesso negado.
Toegang geweigerd
Brak dostępu
Odmowa dostępu.
Отказано в доступе
权限不够
拒绝访问。
許可がありません
アクセスが拒否されました。
액세스가 거부되었습니다."""


@pytest.mark.parametrize("text", MISSING_ABROAD.splitlines())
def test_missing_files_in_other_languages(text: str) -> None:
    assert isinstance(reply_error("550", [text], command="RETR"), FileNotFoundError)
    assert not isinstance(reply_error("550", [text, "Permission denied"], command="RETR"), OSError)


@pytest.mark.parametrize("text", FORBIDDEN_ABROAD.splitlines())
def test_lacking_rights_in_other_languages(text: str) -> None:
    assert isinstance(reply_error("550", [text], command="RETR"), PermissionError)
    assert not isinstance(reply_error("550", [text, "No such file"], command="RETR"), OSError)


@pytest.mark.parametrize(
    ("code", "command", "argument", "text", "kinds"),
    [
        ("550", "RETR", "f", "f: No such file or directory", FileNotFoundError),  # proftpd
        ("550", "RETR", "f", "Can't open f: No such file or directory", FileNotFoundError),
        ("550", "SIZE", "f", "The system cannot find the file specified.", FileNotFoundError),
        ("550", "CWD", "d", "path does not exists", FileNotFoundError),  # aioftp
        ("550", "DELE", "f", "File not found", FileNotFoundError),
        ("550", "MKD", "d", "Permission denied.", PermissionError),
        ("553", "STOR", "f", "Permission denied", PermissionError),
        ("550", "RETR", "f", "Access is denied.", PermissionError),
        ("550", "DELE", "f", "Operation not permitted", PermissionError),
        ("552", "STOR", "f", "Requested file action aborted", OSError),
        ("452", "STOR", "f", "No space left on device", OSError),
        ("550", "STOR", "f", "f: No space left on device", OSError),
        ("451", "APPE", "f", "Local error: disk quota exceeded", OSError),
        ("553", "MKD", "d", "Auf dem Gerät ist kein Speicherplatz mehr verfügbar", OSError),
        # Nobody can tell these apart, or they are about something else.
        ("550", "RETR", "f", "Failed to open file.", None),  # vsftpd says so of both
        ("550", "CWD", "d", "Failed to change directory.", None),
        ("550", "RETR", "f", "No such file, or permission denied", None),
        ("550", "RETR", "not found", "not found: is a directory", None),
        ("550", "RETR", "d/permission denied", "permission denied: what?", None),
        ("550", "", "", "no such file", None),
        ("550", "SITE", "CHMOD", "no such file", None),
        ("550", "RETR", "f", "No space left on device", None),
        ("550", "STOR", "disk full", "disk full: is a directory", None),
        ("550", "CWD", "d", "No such user", None),
        ("550", "RETR", "f", "Datei nicht gefunden: Zugriff verweigert", None),
        ("553", "STOR", "f", "no such file or directory", None),
        ("501", "RETR", "f", "no such file", None),
        ("450", "RETR", "f", "no such file", None),
        ("530", "RETR", "f", "Permission denied", None),
    ],
)
def test_a_refusal_is_pythons_own_error_too_where_there_is_no_doubt(
    code: str, command: str, argument: str, text: str, kinds: type[OSError] | None
) -> None:
    error = reply_error(code, [text], command=command, argument=argument)
    assert isinstance(
        error, _errors.PermanentReplyError if code[0] == "5" else _errors.TransientReplyError
    )
    assert (error.code, error.received_codes, error.info) == (code, (code,), [text])
    assert str(error).endswith(f"the server answered {code} {text}")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.info) == (type(error), str(error), [text])
    if kinds is None:
        assert not isinstance(error, OSError)
    else:
        numbers = {FileNotFoundError: errno.ENOENT, PermissionError: errno.EACCES}
        assert isinstance(error, kinds)
        assert again.errno == error.errno == numbers.get(kinds, errno.ENOSPC)
