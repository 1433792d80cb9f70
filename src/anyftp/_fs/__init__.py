"""File systems: what the server serves and where the client writes.

This package knows files, folders and errno; it must not know FTP, sockets or sessions.
"""

from typing import TYPE_CHECKING

from anyftp._lazy import lazily

if TYPE_CHECKING:
    from anyftp._fs._aliases import fold_alias as fold_alias
    from anyftp._fs._aliases import fold_aliases as fold_aliases
    from anyftp._fs._ascii import AsciiReader as AsciiReader
    from anyftp._fs._ascii import AsciiWriter as AsciiWriter
    from anyftp._fs._endings import Ending as Ending
    from anyftp._fs._folding import folds_names as folds_names
    from anyftp._fs._forwarding import ForwardingFileSystem as ForwardingFileSystem
    from anyftp._fs._fsspec import FsspecFileSystem as FsspecFileSystem
    from anyftp._fs._interface import Ability as Ability
    from anyftp._fs._interface import FileInfo as FileInfo
    from anyftp._fs._interface import FileSystem as FileSystem
    from anyftp._fs._interface import FileType as FileType
    from anyftp._fs._interface import ReadFile as ReadFile
    from anyftp._fs._interface import WriteFile as WriteFile
    from anyftp._fs._local import LocalFileSystem as LocalFileSystem
    from anyftp._fs._local_files import LocalWriteFile as LocalWriteFile
    from anyftp._fs._local_files import commit_all as commit_all
    from anyftp._fs._local_read import LocalReadFile as LocalReadFile
    from anyftp._fs._memory import MemoryFileSystem as MemoryFileSystem
    from anyftp._fs._part_file import PartFile as PartFile
    from anyftp._fs._quota import QuotaFileSystem as QuotaFileSystem
    from anyftp._fs._quota_store import QuotaStore as QuotaStore
    from anyftp._fs._quota_store import SharedQuotaStore as SharedQuotaStore
    from anyftp._fs._quota_store import Usage as Usage
    from anyftp._fs._temporary import is_temporary as is_temporary
    from anyftp._fs._temporary import lasting_name as lasting_name
    from anyftp._fs._worker import acting_for as acting_for

#: Which module has which name; each is imported when somebody asks for it.
_HOMES = {
    "anyftp._fs._aliases": ("fold_alias", "fold_aliases"),
    "anyftp._fs._ascii": (
        "AsciiReader",
        "AsciiWriter",
    ),
    "anyftp._fs._endings": ("Ending",),
    "anyftp._fs._folding": ("folds_names",),
    "anyftp._fs._forwarding": ("ForwardingFileSystem",),
    "anyftp._fs._fsspec": ("FsspecFileSystem",),
    "anyftp._fs._interface": (
        "Ability",
        "FileInfo",
        "FileSystem",
        "FileType",
        "ReadFile",
        "WriteFile",
    ),
    "anyftp._fs._local": ("LocalFileSystem",),
    "anyftp._fs._local_files": (
        "LocalWriteFile",
        "commit_all",
    ),
    "anyftp._fs._local_read": ("LocalReadFile",),
    "anyftp._fs._memory": ("MemoryFileSystem",),
    "anyftp._fs._part_file": ("PartFile",),
    "anyftp._fs._quota": ("QuotaFileSystem",),
    "anyftp._fs._quota_store": (
        "QuotaStore",
        "SharedQuotaStore",
        "Usage",
    ),
    "anyftp._fs._temporary": ("is_temporary", "lasting_name"),
    "anyftp._fs._worker": ("acting_for",),
}

__all__ = [
    "Ability",
    "AsciiReader",
    "AsciiWriter",
    "Ending",
    "FileInfo",
    "FileSystem",
    "FileType",
    "ForwardingFileSystem",
    "FsspecFileSystem",
    "LocalFileSystem",
    "LocalReadFile",
    "LocalWriteFile",
    "MemoryFileSystem",
    "PartFile",
    "QuotaFileSystem",
    "QuotaStore",
    "ReadFile",
    "SharedQuotaStore",
    "Usage",
    "WriteFile",
    "acting_for",
    "commit_all",
    "fold_alias",
    "fold_aliases",
    "folds_names",
    "is_temporary",
    "lasting_name",
]

if not TYPE_CHECKING:  # else any name would do
    __getattr__, __dir__ = lazily(__name__, _HOMES)
