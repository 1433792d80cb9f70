"""File systems: what the server serves and where the client writes.

This package knows files, folders and errno; it must not know FTP, sockets or sessions.
"""

from anyftp._fs._interface import FileInfo, FileSystem, FileType, ReadFile, WriteFile
from anyftp._fs._local import LocalFileSystem
from anyftp._fs._memory import MemoryFileSystem

__all__ = [
    "FileInfo",
    "FileSystem",
    "FileType",
    "LocalFileSystem",
    "MemoryFileSystem",
    "ReadFile",
    "WriteFile",
]
