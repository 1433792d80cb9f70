"""What a copy asks of a file: a block at a time, or a descriptor for the kernel."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from anyftp._streams._slices import FileFailed


@runtime_checkable
class HasFileErrors(Protocol):
    """A file with its own words for what goes wrong where only its descriptor is used."""

    def as_file_error(self, error: OSError) -> OSError:
        """The error to raise instead of what the system said."""


class ReadableFile(Protocol):
    """What `copy_from_file` reads. It may have `as_file_error` too, see `HasFileErrors`.

    And `take_rest`, which gives what is left of a file that is in memory, and None of a large one.
    """

    async def readinto(self, buffer: memoryview) -> int:
        """Read at the file's position; returns how many bytes, 0 at the end only.

        Cancellation: what has been read may be lost; the copy ends there.
        """

    def fileno(self) -> int | None:
        """A descriptor that the kernel may read from its current position on, or None."""


class WritableFile(Protocol):
    """What `copy_to_file` writes. As for reading, `as_file_error` may be there or not."""

    async def write(self, data: memoryview) -> None:
        """Write all of data at the file's position.

        Cancellation: any part of data may be in the file.
        """

    def fileno(self) -> int | None:
        """A descriptor that the kernel may write at its current position, or None."""


def file_error(file: ReadableFile | WritableFile, failure: FileFailed) -> OSError:
    """What to raise where only the file's descriptor was used and that failed."""
    error = failure.__cause__
    assert isinstance(error, OSError)
    return file.as_file_error(error) if isinstance(file, HasFileErrors) else error
