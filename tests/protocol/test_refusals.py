"""Which exception a refusal is, in many a server's words."""

from __future__ import annotations

import errno
import pickle

import pytest

from anyftp._errors import PermanentReplyError, TransientReplyError
from anyftp._protocol import reply_error

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
    assert isinstance(error, PermanentReplyError if code[0] == "5" else TransientReplyError)
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
