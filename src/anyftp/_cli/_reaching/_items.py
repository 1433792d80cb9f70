"""What of several things goes wrong: told as it comes, and the rest goes on."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

import click

from anyftp import FTPError
from anyftp._cli._ending._asked import DEBUG, is_asked_for
from anyftp._cli._ending._failure import Failure, ToldAlready
from anyftp._cli._reaching._remote import Remote


class Failures:
    """Tells what fails, and keeps the status of the first.

    Args:
        reads_files: local files are the source, not the destination.
    """

    def __init__(self, *, reads_files: bool = False) -> None:
        self._reads_files = reads_files
        self._first: Failure | None = None

    @contextmanager
    def told(self, place: Remote) -> Iterator[None]:
        """Tell of what goes wrong inside, and go on; but if nobody reads our output, that ends."""
        try:
            yield
        except BrokenPipeError:
            raise
        except Failure as failure:
            self._add(failure, failure)
        except (FTPError, OSError) as error:
            self.add(place, error)

    def add(self, place: Remote, error: Exception) -> None:
        """Tell of one that has been caught."""
        self._add(self.failure(place, error), error)

    def failure(self, place: Remote, error: Exception) -> Failure:
        """How an error at a place is told."""
        return place.failure(error, reads_files=self._reads_files)

    def _add(self, failure: Failure, error: Exception) -> None:
        tell(failure, error)
        self._first = self._first or failure

    def check(self) -> None:
        """Look whether all went well.

        Raises:
            ToldAlready: something failed; with the status of the first.
        """
        if self._first is not None:
            raise ToldAlready("", self._first.exit_code)


class ItemFailures(Failures):
    """What a tree's transfer takes as `on_error=`."""

    def __init__(self, place: Remote, *, reads_files: bool = False) -> None:
        super().__init__(reads_files=reads_files)
        self._place = place

    def __call__(self, path: PurePosixPath, error: FTPError) -> None:
        """Tell of one item."""
        self.add(self._place.at(str(path)), error)


def tell(failure: Failure, error: Exception) -> Failure:
    """Print a failure now, with the error's traceback if that is asked for."""
    if is_asked_for(DEBUG) and not isinstance(error, ToldAlready):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    failure.show()
    return failure
