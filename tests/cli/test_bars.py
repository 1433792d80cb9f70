"""Progress bars, drawn on a console in memory."""

import io
from pathlib import PurePosixPath

import pytest
from rich.console import Console

from anyftp import Progress
from anyftp._cli._display._bars import LARGE_FILE, VISIBLE_BARS, FileBars, make_bars


def drawn(*news: Progress, width: int = 80) -> str:
    output = io.StringIO()
    with make_bars(Console(file=output, width=width, height=25)) as bars:
        meter = FileBars(bars)
        for one in news:
            meter(one)
    return output.getvalue()


def news(path: str, nbytes: int, total: int | None) -> Progress:
    return Progress(PurePosixPath(path), nbytes, total)


@pytest.mark.parametrize("width", [20, 40, 50, 60, 72, 80, 120])
def test_one_file(width: int) -> None:
    text = drawn(news("some/file", 512 << 10, 1 << 20), width=width)
    assert "50%" in text
    assert all(len(line) <= width for line in text.splitlines())


def test_amount() -> None:
    assert "512 KiB" in drawn(news("file", 512 << 10, 1 << 20))


def test_nobody_knows_the_total() -> None:
    text = drawn(news("file", 5 << 20, None))
    assert "5.00 MiB" in text


def test_an_empty_file() -> None:
    assert "file" in drawn(news("file", 0, 0))


def test_of_many_large_files_the_last_are_shown() -> None:
    text = drawn(*(news(f"file-{number}", 1 << 20, LARGE_FILE) for number in range(10)))
    assert "10 files" in text
    assert "10.0 MiB" in text
    assert [f"file-{number}" in text for number in range(10)] == [
        number >= 10 - VISIBLE_BARS for number in range(10)
    ]


def test_small_files_are_counted() -> None:
    steps = [news(f"file-{number}", nbytes, 20) for number in range(10) for nbytes in (0, 10, 20)]
    text = drawn(*steps)
    assert "10 files" in text
    assert "200 B" in text
    assert "file-9" not in text


def test_names_cannot_draw() -> None:
    text = drawn(news("[bold]\x1b[2J", 1, 2))
    assert "\x1b" not in text
    assert "[bold]\\x1b[2J" in text
