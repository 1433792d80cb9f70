"""What of a tree cannot be transferred: told as it comes, and the rest goes on."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import PurePosixPath

import click

from anyftp import FTPError
from anyftp._cli._ending._asked import DEBUG, is_asked_for
from anyftp._cli._ending._failure import Failure, ToldAlready
from anyftp._cli._reaching._remote import Remote


class ItemFailures:
    """What a tree's transfer takes as `on_error=`.

    Args:
        reads_files: local files are the source, not the destination.
    """

    def __init__(self, place: Remote, *, reads_files: bool = False) -> None:
        self._place = place
        self._reads_files = reads_files
        self._first: Failure | None = None

    def __call__(self, path: PurePosixPath, error: FTPError) -> None:
        """Tell of one item."""
        item = replace(self._place, url=replace(self._place.url, path=str(path)))
        failure = tell(item.failure(error, reads_files=self._reads_files), error)
        self._first = self._first or failure

    def check(self) -> None:
        """Look whether all went well.

        Raises:
            ToldAlready: something failed; with the status of the first.
        """
        if self._first is not None:
            raise ToldAlready("", self._first.exit_code)


def tell(failure: Failure, error: Exception) -> Failure:
    """Print a failure now, with the error's traceback if that is asked for."""
    if is_asked_for(DEBUG) and not isinstance(error, ToldAlready):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    failure.show()
    return failure
