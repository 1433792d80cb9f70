"""MLST and MLSD on the server's side: which facts, and whole listings quickly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat

from anyftp._protocol._permission import Permission
from anyftp._protocol._text import breaks_lines
from anyftp._protocol._times import format_epoch
from anyftp._protocol._unix_format import ListedEntry

#: The facts there are, in the order in which they are sent, and whether they are sent unasked.
FACTS: dict[str, bool] = {
    "type": True,
    "size": True,
    "modify": True,
    "perm": True,
    "unix.mode": True,
    "unique": False,
}

# How each fact is written; those that are not said of every entry come with their name.
_TEMPLATES = {
    "type": "type=%s;",
    "size": "%s",
    "modify": "modify=%s;",
    "perm": "perm=%s;",
    "unix.mode": "unix.mode=%04o;",
    "unique": "%s",
}
_NOT_SELECTED = "%.0s"
_DEFAULT = tuple(fact for fact, is_default in FACTS.items() if is_default)

_DIRECTORY_TYPES = frozenset({"dir", "cdir", "pdir"})
_PLAIN_TYPES = _DIRECTORY_TYPES | {"file"}

_ON_FILES = (
    (Permission.APPEND, "a"),
    (Permission.DELETE, "d"),
    (Permission.RENAME, "f"),
    (Permission.READ, "r"),
    (Permission.OVERWRITE, "w"),
)
_ON_DIRECTORIES = (
    (Permission.CREATE, "c"),
    (Permission.DELETE, "d"),
    (Permission.RENAME, "f"),
    (Permission.LIST, "l"),
    (Permission.MAKE_DIRECTORY, "m"),
    (Permission.DELETE, "p"),
)


class MlsxFormat:
    """The facts that one session wants to see (RFC 3659, 7.8 and 7.9).

    Attributes:
        selected: their names in lower case.
    """

    __slots__ = ("_template", "selected")

    def __init__(self) -> None:
        self.selected: tuple[str, ...] = _DEFAULT
        self._template = _template(_DEFAULT)

    @property
    def feature(self) -> str:
        """The line for FEAT: an asterisk marks what is selected."""
        marks = (f"{fact}{'*' if fact in self.selected else ''};" for fact in FACTS)
        return "MLST " + "".join(marks)

    def select(self, wanted: str) -> str:
        """`OPTS MLST type;size;…`: choose facts; unknown ones are passed over.

        Returns:
            The text of the reply 200.
        """
        names = {name.strip().lower() for name in wanted.split(";")}
        self.selected = tuple(fact for fact in FACTS if fact in names)
        self._template = _template(self.selected)
        return "MLST OPTS " + "".join(f"{fact};" for fact in self.selected)

    def lines(
        self, entries: Sequence[ListedEntry], permissions: Permission | Iterable[Permission]
    ) -> list[str]:
        """Write many lines, without their endings; for folders with 100,000 files.

        Args:
            entries: types are "file", "dir", "cdir", "pdir", "link" or "other"; the size is said of
                files only. Those with a name that a line cannot hold are left out.
            permissions: what the user may do with all of them, or with each.
        """
        template = self._template
        rights: Iterable[tuple[str, str]]
        if isinstance(permissions, Permission):
            rights = repeat(_perms(permissions), len(entries))
        else:
            rights = map(_perms, permissions)
        lines = [
            template
            % (
                type_ if type_ in _PLAIN_TYPES else _special_type(type_, target),
                f"size={nbytes};" if type_ == "file" else "",
                format_epoch(modified),
                perms[type_ in _DIRECTORY_TYPES],
                mode & 0o7777,
                f"unique={unique};" if unique else "",
                name,
            )
            for (name, type_, nbytes, modified, mode, _, _, _, unique, target), perms in zip(
                entries, rights, strict=True
            )
        ]
        if breaks_lines("".join(lines)):
            return [line for line in lines if not breaks_lines(line)]
        return lines


@lru_cache(maxsize=64)
def _template(selected: tuple[str, ...]) -> str:
    used = (_TEMPLATES[fact] if fact in selected else _NOT_SELECTED for fact in FACTS)
    return "".join(used) + " %s"


@lru_cache(maxsize=1024)
def _perms(permission: Permission) -> tuple[str, str]:
    """The fact "perm" of files, and of folders (RFC 3659, 7.5.5)."""
    return (
        "".join(letter for right, letter in _ON_FILES if right in permission),
        "".join(letter for right, letter in _ON_DIRECTORIES if right in permission),
    )


def _special_type(type_: str, target: str | None) -> str:
    if type_ != "link":
        return "OS.unix=special"
    is_sayable = target and ";" not in target and not breaks_lines(target)
    return f"OS.unix=slink:{target}" if is_sayable else "OS.unix=slink"
