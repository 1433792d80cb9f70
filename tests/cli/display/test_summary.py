"""What transfers came to: one line for people, one object for programs."""

import json
from dataclasses import fields
from typing import Any

import pytest

from anyftp import TransferReport
from anyftp._cli._display._summary import Summary, added, summary_line


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._display._summary.is_watched", lambda: True)


def show(*reports: TransferReport, quiet: bool = False, as_json: bool = False) -> None:
    with Summary(quiet=quiet, as_json=as_json) as summary:
        for report in reports:
            summary.add(report, "there/")


def test_a_pipe_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show(TransferReport(3 << 20, 2.0, files=1))
    assert capsys.readouterr() == ("", "")


def test_quiet(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    show(TransferReport(3 << 20, 2.0, files=1, skipped=("a",)), quiet=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("reports", "line"),
    [
        ([TransferReport(3 << 20, 2.0, files=1)], "3.00 MiB in 2.0 s (1.50 MiB/s) to there/\n"),
        ([TransferReport(100, 0.0, files=7)], "7 files, 100 B in 0.0 s to there/\n"),
        (
            [TransferReport(1 << 20, 1.0, files=1), TransferReport(1 << 20, 3.0, files=2)],
            "3 files, 2.00 MiB in 4.0 s (512 KiB/s) to there/\n",
        ),
        ([], ""),
    ],
)
def test_a_terminal_gets_a_line(
    reports: list[TransferReport], line: str, terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    show(*reports)
    assert capsys.readouterr() == ("", line)


def test_what_was_passed_over_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"{number}\x1b" for number in range(7))
    show(TransferReport(100, 1.0, skipped=names))
    named = "anyftp: passed over (7): 0\\x1b, 1\\x1b, 2\\x1b, 3\\x1b, 4\\x1b, …\n"
    assert capsys.readouterr() == ("", named)


def test_what_grew_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    show(TransferReport(100, 1.0, grown=("log",)))
    named = "anyftp: grew meanwhile, most likely (1): log\n"
    assert capsys.readouterr() == ("", named)


def test_what_is_not_confirmed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    show(TransferReport(100, 1.0, unconfirmed=("/a",)))
    expected = "anyftp: whole, but not confirmed by the server (1): /a\n"
    assert capsys.readouterr() == ("", expected)


def test_json(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    show(TransferReport(100, 1.0, skipped=("a",)), TransferReport(300, 1.0), as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["nbytes"], found["seconds"], found["rate"]) == (400, 2.0, 200.0)
    assert (found["skipped"], found["destinations"]) == (["a"], ["there/"])
    assert {field.name for field in fields(TransferReport)} <= set(found)


def test_what_failed_before_the_first_is_an_empty_sum(capsys: pytest.CaptureFixture[str]) -> None:
    show(as_json=True)
    assert json.loads(capsys.readouterr().out)["nbytes"] == 0


def test_every_figure_is_added() -> None:
    plain = TransferReport(1, 1.0)
    figures = {field.name: getattr(plain, field.name) for field in fields(plain)}
    values: dict[str, Any] = {
        name: ("a",) if isinstance(old, tuple) else 1 for name, old in figures.items()
    }
    one = TransferReport(**values)
    for field in fields(one):
        value = getattr(added(one, one), field.name)
        assert value == (("a", "a") if isinstance(value, tuple) else 2), field.name


def test_nothing_to_move_has_no_rate() -> None:
    line = summary_line(TransferReport(nbytes=0, seconds=0.14), ["ftp://h/www"])
    assert line == "0 files in 0.1 s to ftp://h/www"
