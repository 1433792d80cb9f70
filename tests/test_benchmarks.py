"""The pure parts of `benchmarks`: goals beside figures, and what is drawn of them."""

import json
import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from benchmarks.flames.picture import Box, drawn, read, tree, trimmed
from benchmarks.goals import GOALS, LOOPS, Goal, summary
from benchmarks.measure import Contestant, ContestantFailed, Sample, alternate, paired_ratios, run
from benchmarks.network import settle
from benchmarks.plot import goals_used
from benchmarks.tables import Column, Table

CPU = Column("CPU s", lambda sample: sample.cpu)
GOAL = Goal("work", "Work of *", "anyftp, {loop}", "CPU s", 1.5, "peer")


def samples(*seconds: float | None) -> list[Sample | None]:
    """Runs of so many seconds; None is one that failed."""
    return [None if one is None else Sample(one, one, 0) for one in seconds]


def table(title: str, /, **rows: list[Sample | None]) -> dict[str, Any]:
    """What `--json` keeps of a table, read back."""
    contestants = {name: iter(some) for name, some in rows.items()}

    def of(name: str) -> Contestant:
        def run() -> Sample:
            sample = next(contestants[name])
            if sample is None:
                raise ContestantFailed("it broke")
            return sample

        shown = f"anyftp, {name}" if name in LOOPS else name
        return Contestant(shown, run)

    rounds = max(len(some) for some in rows.values())
    shown = Table(title, [CPU], alternate([of(name) for name in rows], rounds))
    kept: dict[str, Any] = json.loads(json.dumps(shown.record()))
    return kept


@pytest.mark.parametrize(
    ("ours", "reached", "shown"),
    [
        pytest.param((3.0, 3.0, 3.0), "yes", "1.50 (1.50..1.50)", id="just"),
        pytest.param((3.1, 3.1, 3.1), "no", "1.55 (1.55..1.55)", id="missed"),
        pytest.param((9.0, 2.0, 2.0), "yes", "1.00 (1.00..4.50)", id="the median counts"),
        pytest.param((2.0, None, 4.0), "yes", "1.50 (1.00..2.00)", id="a run that failed"),
    ],
)
def test_a_goal_beside_a_peer(ours: tuple[float | None, ...], reached: str, shown: str) -> None:
    kept = table("Work of two", asyncio=samples(*ours), peer=samples(2, 2, 2))
    line = summary([kept], [GOAL]).splitlines()[-1]
    assert [cell.strip() for cell in line.split("|")[1:-1]] == [
        "work",
        "at most 1.5 × peer",
        shown,
        "",
        "",
        reached,
    ]


def test_pairs_are_those_of_one_round() -> None:
    """Each round by itself: a peer's failed run takes none of another round's."""
    kept = table("Work of two", asyncio=samples(1, 2, 4), peer=samples(1, None, 4))
    assert GOAL.figures([kept], "asyncio") == [1.0, 1.0]
    assert paired_ratios([1, None, 4], [2, 2, None]) == [0.5]


def test_loops_are_told_apart() -> None:
    kept = table(
        "Work of two",
        asyncio=samples(1),
        uvloop=samples(2),
        trio=samples(3),
        peer=samples(1),
    )
    assert "yes, but for uvloop and trio" in summary([kept], [GOAL])


def test_speed_is_to_be_high() -> None:
    goal = Goal("jobs", "Work of *", "anyftp, {loop}", "CPU s", 3.5, "peer", is_speed=True)
    kept = table("Work of two", asyncio=samples(1, 1), trio=samples(2, 2), peer=samples(4, 4))
    assert goal.wanted() == "at least 3.5 × peer"
    assert goal.figures([kept], "asyncio") == [4.0, 4.0]
    assert goal.is_reached([4.0])
    assert not goal.is_reached([2.0])
    assert goal.share([7.0]) == 0.5
    assert "yes, but for trio" in summary([kept], [goal])


def test_what_was_not_measured_is_not_reached() -> None:
    assert summary([], GOALS).count("not measured") == len(GOALS)
    broken = table("Work of two", asyncio=samples(None, None), peer=samples(1, 1))
    assert "not measured" in summary([broken], [GOAL])


def test_who_fails_twice_gives_up_and_others_go_on() -> None:
    tried = []

    def fail() -> Sample:
        tried.append(1)
        raise ContestantFailed("it broke")

    rows = alternate(
        [Contestant("bad", fail), Contestant("good", lambda: Sample(1, 1, 1))], 5, at_once=2
    )
    assert len(tried) == 2
    assert [len(row.good()) for row in rows] == [0, 5]
    assert rows[0].problem == "it broke"


def test_whoever_is_not_done_in_time_is_ended(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))"
    )
    command = [sys.executable, "-c", f"{program}; time.sleep(50)", str(tmp_path / "pid")]
    with pytest.raises(ContestantFailed, match="not done after 2 s"):
        run(command, seconds=2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_settling_is_bounded() -> None:
    settle(seconds=0.0)


DUMP = """Stack (most recent call first):
  File "/x/lib/python3.11/socket.py", line 3 in recv
  File "/x/src/anyftp/_streams/_flow.py", line 9 in <take>
  File "/x/src/anyftp/_client/__init__.py", line 2 in download
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/x/benchmarks/children/client.py", line 1 in main
"""
WORKER = """Stack (most recent call first):
  File "/x/lib/python3.11/site-packages/anyio/_a.py", line 1 in write
  File "/x/lib/python3.11/threading.py", line 982 in run
  File "/x/lib/python3.11/threading.py", line 1045 in _bootstrap_inner
  File "/x/lib/python3.11/threading.py", line 1002 in _bootstrap
"""
MAIN = ("benchmarks.children.client:main", "anyftp._client:download")
STACK = (*MAIN, "anyftp._streams._flow:<take>", "socket:recv")


def test_stacks_are_read_from_the_outside_in() -> None:
    assert read(DUMP * 2 + WORKER) == {
        STACK: 2.0,
        (
            "threading:_bootstrap",
            "threading:_bootstrap_inner",
            "threading:run",
            "anyio._a:write",
        ): 1,
    }


def test_a_stack_that_is_cut_short_hangs_where_its_like_do() -> None:
    short = DUMP.replace('  File "/x/benchmarks/children/client.py", line 1 in main', "  ...")
    assert read(DUMP + short) == {STACK: 2.0}
    assert read(short) == {STACK[1:]: 1.0}


def test_what_all_begin_with_is_left_out() -> None:
    stacks = {(*MAIN, "a"): 1.0, (*MAIN, "b", "c"): 2.0, ("threading:_bootstrap", "x", "y", "z"): 1}
    assert trimmed(stacks) == {("a",): 1.0, ("b", "c"): 2.0, ("worker thread", "z"): 1}
    assert trimmed({MAIN: 1.0}) == {(): 1.0}


def test_boxes_have_their_share_of_the_time() -> None:
    root = tree({("a",): 1.0, ("b", "c"): 2.0, ("b",): 1.0}, cpu=2.0, units=1000)
    assert root.spent == pytest.approx(2.0)
    assert root.called["b"].spent == pytest.approx(1.5)
    assert root.called["b"].called["c"].spent == pytest.approx(1.0)


def test_a_picture_is_svg_with_each_name_and_time() -> None:
    root = tree(read(DUMP) | {("anyftp._fs:write",): 1.0}, cpu=1.0, units=500)
    picture = ElementTree.fromstring(drawn(root, "file", [Box("slower", 4.0)]))
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == "2 ms of processor time a file"
    assert "anyftp._streams._flow:<take>: 1 ms" in titles
    boxes = list(picture.iter("{http://www.w3.org/2000/svg}rect"))
    assert [box.get("class") for box in boxes] == ["files", "else", "ours", "streams", "else"]
    assert {box.get("width") for box in boxes} == {"140.0"}  # a quarter of 4 ms


def test_what_cannot_be_seen_is_not_drawn() -> None:
    root = tree({("a",): 1000.0, ("b",): 1.0}, cpu=1.0, units=1)
    assert "<title>b: " not in drawn(root, "file")


def test_goals_are_drawn_by_their_share() -> None:
    kept = table("Work of two", asyncio=samples(3), trio=samples(1), peer=samples(2))
    assert goals_used([kept], [GOAL]) == {
        "work (at most 1.5 × peer)": {"asyncio": 1.0, "trio": pytest.approx(1 / 3)}
    }
    assert goals_used([], GOALS) == {}
