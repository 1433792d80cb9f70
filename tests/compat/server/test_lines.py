"""Lines of listings as aioftp's server writes them."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from anyftp_compat._server._lines import facts_line, list_line, list_time

STATUS: Any = SimpleNamespace(
    st_size=5, st_ctime=1.0, st_mtime=86400.0, st_nlink=2, st_mode=0o100640
)
NOW = 1_767_323_045.0


@pytest.fixture(autouse=True)
def in_greenwich(monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("seconds_ago", "told"),
    [
        (0, "Jan  2 03:04"),
        (86400, "Jan  1 03:04"),
        (15778475, "Jul  3 12:09"),
        (15778476, "Jul  3  2025"),
        (-1, "Jan  2  2026"),
        (-1e15, "Dec 31  9999"),
        (1e15, "Jan  1  1"),
    ],
)
def test_times(seconds_ago: float, told: str) -> None:
    assert list_time(NOW - seconds_ago, NOW) == told


def test_a_line_of_list() -> None:
    assert list_line("a b", STATUS, "Jan  2 03:04") == "-rw-r----- 2 none none 5 Jan  2 03:04 a b"


@pytest.mark.parametrize(
    ("kind", "status", "line"),
    [
        ("file", STATUS, "Size=5;Create=19700101000001;Modify=19700102000000;Type=file; a"),
        ("dir", None, "Type=dir; a"),
        ("fifo", None, "Type=unknown; a"),
    ],
)
def test_lines_of_mlsd(kind: str, status: Any, line: str) -> None:
    assert facts_line("a", kind, status) == line
