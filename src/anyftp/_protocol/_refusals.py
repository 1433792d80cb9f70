"""Which exception a refusal is: by its code, and by its words where these leave no doubt."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence

from anyftp._errors import PATH_VERBS, PermanentReplyError, ReplyError, TransientReplyError


class _NotFound(PermanentReplyError, FileNotFoundError):
    errno = errno.ENOENT


class _Denied(PermanentReplyError, PermissionError):
    errno = errno.EACCES


class _NoSpace(PermanentReplyError, OSError):
    errno = errno.ENOSPC


class _NoSpaceNow(TransientReplyError, OSError):
    errno = errno.ENOSPC


#: Servers that run in other languages say what their systems say: glibc's words, and Windows'.
#: Patterns for `re`, compiled by the first refusal: most clients never meet one.
_MISSING = (
    r"no such (?:file|director|folder|path|object)|\bnot found\b|\bnot exists?\b"
    r"|\b(?:does not|doesn't|do not) exists?\b|\bcannot find the (?:file|path)\b"
    r"|nicht gefunden|(?:datei|pfad|verzeichnis)\b.{0,30}\bnicht finden|existiert nicht"
    r"|aucun fichier|introuvable|n'existe pas"
    r"|no existe|no (?:se )?(?:puede|pudo) encontrar|no encontrad"
    r"|non esiste|non trovat|impossibile trovare"
    r"|não (?:pode|foi possível) encontrar|não (?:foi )?encontrad|inexistente"
    r"|bestaat niet|niet gevonden|kan .{0,40}niet vinden|nie ma takiego|nie można odnaleźć"
    r"|нет такого|не найден"
    r"|не удается найти"
    r"|没有那个|找不到|不存在|見つかり|みつかり"
    r"|そのようなファイル|찾을 수 없"
)
_FORBIDDEN = (
    r"permission denied|access (?:is )?denied|not permitted|not allowed|\bforbidden\b"
    r"|\bprohibited\b|(?:insufficient|not enough) (?:privilege|permission|right)"
    r"|zugriff verweigert|keine berechtigung|permission non accord|accès refus"
    r"|(?:permiso|acceso) denegado|(?:permesso|accesso) negato|permissão negada|acesso negado"
    r"|toegang geweigerd|brak dostępu|odmowa dostępu|отказано в доступе"
    r"|拒绝访问|权限不够|存取被拒|拒否され|許可があり|거부"
)
_FULL = (
    r"no space left|\b(?:disk|disc|device|volume) (?:is )?full\b|quota exceeded"
    r"|exceed\w* .{0,30}quota"
    r"|(?:not enough|insufficient|out of) (?:free )?(?:disk |storage )?space"
    r"|kein speicherplatz|plus d'espace|espacio en disco insuficiente|spazio .{0,20}esaurito"
)
#: Commands that need room, and the codes with which servers say that there is none.
_FILLING = frozenset({"STOR", "STOU", "APPE", "MKD", "RNTO", "ALLO"})
_MAYBE_FULL = frozenset({"426", "450", "451", "550", "551", "553"})


def _kind_of_refusal(code: str, text: str, command: str) -> type[ReplyError]:
    """The class for a refusal: Python's own one as well where code and words leave no doubt.

    550 is said of all that has to do with files, often without a word of which it was, and some
    servers name two reasons at once; then it stays what it is.
    """
    if code == "552":  # RFC 959, 4.2: exceeded storage allocation
        return _NoSpace
    if code == "452":  # insufficient storage space in system
        return _NoSpaceNow
    if code in _MAYBE_FULL and command in _FILLING and _is_said(_FULL, text):
        return _NoSpaceNow if code[0] == "4" else _NoSpace
    if code in ("550", "553") and command in PATH_VERBS:
        is_missing, is_denied = _is_said(_MISSING, text), _is_said(_FORBIDDEN, text)
        if is_missing and not is_denied and code == "550":
            return _NotFound
        if is_denied and not is_missing:
            return _Denied
    return {"4": TransientReplyError, "5": PermanentReplyError}.get(code[:1], ReplyError)


def _is_said(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def reply_error(
    code: str,
    info: Sequence[str] = (),
    *,
    expected: Sequence[str] = (),
    command: str = "",
    argument: str = "",
) -> ReplyError:
    """Build the class of refusal that a reply code stands for."""
    text = " ".join(info)
    for name in {argument, argument.rpartition("/")[2]} - {""}:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)  # one may be "not found"
    kind = _kind_of_refusal(code, text, command)
    return kind(code, info, expected=expected, command=command, argument=argument)
