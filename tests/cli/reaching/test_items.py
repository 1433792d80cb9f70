"""What of several things goes wrong: told as it comes, the first status is that of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import click
import pytest

from anyftp import DataConnectionError, FileSystemError, FTPTimeoutError
from anyftp._cli._ending._asked import DEBUG
from anyftp._cli._ending._failure import Failure, ToldAlready
from anyftp._cli._ending._status import Status
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._items import Failures, ItemFailures, tell
from anyftp._cli._reaching._remote import Remote

PLACE = Remote(RemoteURL("ftp.example.org", "d"), "me", "secret")


@pytest.fixture(autouse=True)
def context() -> Iterator[click.Context]:
    with click.Context(click.Command("get")) as context:
        yield context


def local() -> FileSystemError:
    return FileSystemError(28, "here")


def test_nothing_has_failed() -> None:
    failures = Failures()
    with failures.told(PLACE):
        pass
    failures.check()


def test_it_goes_on_and_the_first_status_counts(capsys: pytest.CaptureFixture[str]) -> None:
    failures, done = Failures(), []
    for number, error in enumerate((FTPTimeoutError("reply", 5.0), local(), None)):
        with failures.told(PLACE):
            if error is not None:
                raise error
            done.append(number)
    assert done == [2]
    with pytest.raises(ToldAlready) as caught:
        failures.check()
    assert caught.value.exit_code == Status.TIMEOUT
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("anyftp: ") for line in lines)


def test_a_failure_keeps_its_own_status() -> None:
    failures = Failures()
    with failures.told(PLACE):
        raise Failure("no", Status.USAGE)
    with pytest.raises(ToldAlready) as caught:
        failures.check()
    assert caught.value.exit_code == Status.USAGE


@pytest.mark.parametrize("error", [BrokenPipeError(), KeyboardInterrupt(), ZeroDivisionError()])
def test_what_ends_everything_is_not_told(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """If nobody reads our output there is nothing to go on for; and a bug is no failure."""
    failures = Failures()
    with pytest.raises(type(error)), failures.told(PLACE):
        raise error
    failures.check()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("reads_files", "status"), [(True, Status.LOCAL_READ), (False, Status.LOCAL_WRITE)]
)
def test_a_local_file_is_the_source_or_the_destination(
    *, reads_files: bool, status: Status
) -> None:
    failures = Failures(reads_files=reads_files)
    failures.add(PLACE, local())
    with pytest.raises(ToldAlready) as caught:
        failures.check()
    assert caught.value.exit_code == status


def test_an_item_of_a_tree_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    failures = ItemFailures(PLACE)
    failures(PurePosixPath("d/odd name"), DataConnectionError("it broke"))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "odd" in told
    assert "secret" not in told
    with pytest.raises(ToldAlready) as caught:
        failures.check()
    assert caught.value.exit_code == Status.LOST


def test_the_traceback_is_for_those_who_ask(
    context: click.Context, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(Failure("no"), ValueError("why"))
    assert capsys.readouterr().err == "anyftp: no\n"
    context.meta[DEBUG] = True
    tell(Failure("no"), ValueError("why"))
    assert capsys.readouterr().err == "ValueError: why\nanyftp: no\n"
