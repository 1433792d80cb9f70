"""File systems: what the server serves and where the client writes.

This package knows files, folders and errno; it must not know FTP, sockets or sessions.
"""

from anyftp._fs._ascii import AsciiReader, AsciiWriter
from anyftp._fs._endings import Ending
from anyftp._fs._folding import folds_names
from anyftp._fs._fsspec import FsspecFileSystem
from anyftp._fs._interface import (
    Ability,
    FileInfo,
    FileSystem,
    FileType,
    ReadFile,
    WriteFile,
)
from anyftp._fs._local import LocalFileSystem
from anyftp._fs._local_files import LocalWriteFile, PartFile
from anyftp._fs._local_read import LocalReadFile
from anyftp._fs._memory import MemoryFileSystem
from anyftp._fs._quota import QuotaFileSystem
from anyftp._fs._quota_store import QuotaStore, Usage
from anyftp._fs._temporary import is_temporary as is_temporary
from anyftp._fs._worker import acting_for

__all__ = [
    "Ability",
    "AsciiReader",
    "AsciiWriter",
    "Ending",
    "FileInfo",
    "FileSystem",
    "FileType",
    "FsspecFileSystem",
    "LocalFileSystem",
    "LocalReadFile",
    "LocalWriteFile",
    "MemoryFileSystem",
    "PartFile",
    "QuotaFileSystem",
    "QuotaStore",
    "ReadFile",
    "Usage",
    "WriteFile",
    "acting_for",
    "folds_names",
    "is_temporary",
]
