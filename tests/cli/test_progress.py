"""Progress goes to standard error, and only to a terminal."""

from pathlib import PurePosixPath

import pytest

from anyftp import Progress, TransferReport
from anyftp._cli._display._progress import tell_report, transfer_bars


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._display._progress.is_watched", lambda: True)
    monkeypatch.setenv("TERM", "dumb")


def show(*, quiet: bool) -> None:
    with transfer_bars(quiet=quiet) as meter:
        if meter is not None:
            meter(Progress(PurePosixPath("file"), 1, 2))
    tell_report(TransferReport(3 << 20, 2.0, files=1), quiet=quiet)


def test_a_pipe_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show(quiet=False)
    assert capsys.readouterr() == ("", "")


def test_quiet(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    show(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_all(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    show(quiet=False)
    output, errors = capsys.readouterr()
    assert output == ""
    assert "file" in errors
    assert errors.endswith("3.00 MiB in 2.0 s (1.50 MiB/s)\n")


def test_a_tree(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    tell_report(TransferReport(100, 0.0, files=7), quiet=False)
    assert capsys.readouterr().err == "7 files, 100 B in 0.0 s\n"


def test_what_was_passed_over_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"{number}\x1b" for number in range(7))
    tell_report(TransferReport(100, 1.0, skipped=names), quiet=True)
    assert capsys.readouterr() == ("", "")
    tell_report(TransferReport(100, 1.0, skipped=names), quiet=False)
    assert capsys.readouterr() == (
        "",
        "anyftp: passed over (7): 0\\x1b, 1\\x1b, 2\\x1b, 3\\x1b, 4\\x1b, …\n",
    )


def test_what_is_not_confirmed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    tell_report(TransferReport(100, 1.0, unconfirmed=("/a",)), quiet=False)
    expected = "anyftp: whole, but not confirmed by the server (1): /a\n"
    assert capsys.readouterr() == ("", expected)
