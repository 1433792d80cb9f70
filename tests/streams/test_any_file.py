"""What a copy asks of a file, and what it raises where only the descriptor was used."""

from __future__ import annotations

import errno

from anyftp import ReadableFile, WritableFile
from anyftp._streams._any_file import HasFileErrors, file_error
from anyftp._streams._slices import FileFailed
from streams.files import MemoryFile


class Named(MemoryFile):
    """Has words of its own."""

    def as_file_error(self, error: OSError) -> OSError:
        return OSError(error.errno, "the disk under it", "name")


def failed(error: OSError) -> FileFailed:
    failure = FileFailed()
    failure.__cause__ = error
    return failure


def test_a_file_with_words_of_its_own_is_asked_for_them() -> None:
    full = OSError(errno.ENOSPC, "no space")
    assert file_error(MemoryFile(), failed(full)) is full
    told = file_error(Named(), failed(full))
    assert (told.errno, told.filename) == (errno.ENOSPC, "name")
    assert isinstance(Named(), HasFileErrors)
    assert not isinstance(MemoryFile(), HasFileErrors)


def test_a_file_of_ones_own_needs_no_base_class() -> None:
    file = MemoryFile()
    readable: ReadableFile = file
    writable: WritableFile = file
    assert readable.fileno() is writable.fileno() is None
