"""Plans of mirrors, written down and read again."""

from __future__ import annotations

import json
from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from anyftp import MirrorPlan
from anyftp._cli._commands._plans import check_same, lines_of, plan_object, read_plan
from anyftp._cli._ending._failure import Failure
from anyftp._cli._ending._status import Status

PLAN = MirrorPlan(
    make=(P("d"),),
    transfer=(P("d/a"),),
    delete=(P("old\n"),),
    skipped=(P("fifo"),),
    sizes={P("d/a"): 5},
)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_text(json.dumps(plan_object(PLAN)))
    assert read_plan(file) == PLAN


def test_one_line_a_thing() -> None:
    told = list(lines_of(PLAN))
    assert told == ["make\td", "transfer\td/a", "delete\told\\n", "pass over\tfifo"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"make": 5}'])
def test_what_is_no_plan(tmp_path: Path, content: str) -> None:
    file = tmp_path / "plan"
    file.write_text(content)
    with pytest.raises(Failure, match="holds no plan of a mirror") as caught:
        read_plan(file)
    assert caught.value.exit_code == Status.USAGE


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        read_plan(tmp_path / "none")
    assert caught.value.exit_code == Status.LOCAL_READ


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (MirrorPlan(make=(P("a"), P("b"))), "would make b"),
        (MirrorPlan(), "would no longer make a"),
        (MirrorPlan(make=(P("a"),), delete=(P("x"),)), "would delete x"),
    ],
)
def test_a_plan_that_has_changed(plan: MirrorPlan, told: str) -> None:
    with pytest.raises(Failure, match=told):
        check_same(MirrorPlan(make=(P("a"),)), plan)


def test_what_is_passed_over_may_change() -> None:
    check_same(MirrorPlan(make=(P("a"),)), MirrorPlan(make=(P("a"),), skipped=(P("s"),)))
