"""Progress bars, drawn on a console in memory."""

import io
from pathlib import PurePosixPath

import pytest
from rich.console import Console

from anyftp import MirrorPlan, Progress
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


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_how_much_of_a_tree_there_is_to_come(width: int) -> None:
    output = io.StringIO()
    with make_bars(Console(file=output, width=width, height=25), limit_rate=1e6) as bars:
        meter = FileBars(bars)
        meter.expect(1000, 3)
        meter.expect_plan(MirrorPlan(sizes={PurePosixPath("d"): 1000}))
        for number in range(2):
            meter(news(f"file-{number}", 250, 250))
    text = output.getvalue()
    assert "2 of 4 files" in text
    assert "25%" in text
    assert all(len(line) <= width for line in text.splitlines())


def test_names_cannot_draw() -> None:
    text = drawn(news("[bold]\x1b[2J", 1, 2))
    assert "\x1b" not in text
    assert "[bold]\\x1b[2J" in text


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_of_a_long_path_the_end_is_shown(width: int) -> None:
    text = drawn(news("folder/" * 40 + "number-7.bin", 1, 2), width=width)
    assert "number-7.bin" in text
    assert "…" in text


def test_the_figures_stay_near_the_name() -> None:
    [line] = [line for line in drawn(news("a", 1, 2), width=200).splitlines() if "50%" in line]
    assert len(line.rstrip()) <= 125


def test_a_total_that_is_known() -> None:
    output = io.StringIO()
    with make_bars(Console(file=output, width=80)) as bars:
        meter = FileBars(bars, total=400)
        for one in (news("a", 100, 100), news("b", 100, 300)):
            meter(one)
    assert [line for line in output.getvalue().splitlines() if "2 files" in line and "50%" in line]


@pytest.mark.parametrize(("width", "shown"), [(80, False), (100, True), (120, True), (200, True)])
def test_the_rate_over_time_under_a_limit(
    width: int, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("anyftp._cli._display._bars.time.monotonic", lambda: next(clock) * 0.5)
    for limit in (None, 1000):
        output = io.StringIO()
        with make_bars(Console(file=output, width=width), limit_rate=limit) as bars:
            meter = FileBars(bars)
            for number in range(1, 6):
                meter(news("file", number * 500, 10_000))
        found = "████" in output.getvalue().replace(" ", "") or "█" in output.getvalue()
        assert found is (shown and limit is not None)
        assert all(len(line) <= width for line in output.getvalue().splitlines())
