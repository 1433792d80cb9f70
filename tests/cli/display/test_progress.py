"""Progress goes to standard error, and only to a terminal."""

from pathlib import PurePosixPath

import pytest

from anyftp import Progress
from anyftp._cli._display._progress import transfer_bars


def show(*, quiet: bool) -> None:
    with transfer_bars(quiet=quiet) as meter:
        if meter is not None:
            meter(Progress(PurePosixPath("file"), 1, 2))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._display._progress.is_watched", lambda: True)
    monkeypatch.setenv("TERM", "dumb")


def test_a_pipe_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show(quiet=False)
    assert capsys.readouterr() == ("", "")


def test_quiet(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    show(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_bars(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    show(quiet=False)
    output, errors = capsys.readouterr()
    assert output == ""
    assert "file" in errors
