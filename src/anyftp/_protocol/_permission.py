"""What a user may do at a path."""

from __future__ import annotations

import enum


class Permission(enum.Flag):
    """Rights, to be combined with `|`."""

    LIST = enum.auto()
    """See the names and attributes of files (LIST, NLST, MLSD, MLST, STAT, SIZE, MDTM)."""
    READ = enum.auto()
    """Download (RETR)."""
    CREATE = enum.auto()
    """Upload a file that is not there yet (STOR, STOU, APPE)."""
    OVERWRITE = enum.auto()
    """Upload over a file that is there (STOR, RNTO)."""
    APPEND = enum.auto()
    """Lengthen a file that is there (APPE, STOR after REST)."""
    DELETE = enum.auto()
    """DELE, RMD."""
    RENAME = enum.auto()
    """RNFR, RNTO."""
    MAKE_DIRECTORY = enum.auto()
    """MKD."""
    ATTRIBUTES = enum.auto()
    """Change times and modes (MFMT, SITE CHMOD, SITE UTIME)."""

    WRITE = CREATE | OVERWRITE | APPEND
    READ_ONLY = LIST | READ
    ALL = LIST | READ | WRITE | DELETE | RENAME | MAKE_DIRECTORY | ATTRIBUTES
