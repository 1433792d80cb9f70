"""Merges against a model of two folders: nothing that was changed is lost, both become alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp._client._mirroring._plan import Thing
from anyftp._client._syncing._merge import (
    Known,
    Memory,
    Merge,
    SyncPlan,
    is_as_it_was,
    undistinguished,
)
from support.depth import deep

DIR = Thing("dir")


def file(size: int, modified: float | None = 0.0) -> Thing:
    return Thing("file", size, modified)


def plan_of(memory: Memory, local: dict[str, Thing], remote: dict[str, Thing]) -> SyncPlan:
    return Merge(memory, things(local), things(remote)).plan()


def things(found: dict[str, Thing]) -> dict[PurePosixPath, Thing]:
    return {PurePosixPath(path): thing for path, thing in found.items()}


def told(plan: SyncPlan) -> dict[str, list[str]]:
    """What is not empty in a plan."""
    found = {
        name: [
            " -> ".join(map(str, path)) if isinstance(path, tuple) else str(path)
            for path in getattr(plan, name)
        ]
        for name in SyncPlan.__slots__
        if name != "sizes"
    }
    return {name: paths for name, paths in found.items() if paths}


OLD, NEW, OTHER = file(1), file(2, 100.0), file(3, 200.0)
KNOWN = Known(OLD, OLD)
DAY = Thing("file", 1, 0.0, 86_400.0)
CONFLICT = {"conflicts": ["a -> a.conflict"], "download": ["a.conflict"], "upload": ["a"]}
LINK = Thing("link")


@pytest.mark.parametrize(
    ("known", "local", "remote", "plan"),
    [
        (None, OLD, None, {"upload": ["a"]}),
        (None, None, OLD, {"download": ["a"]}),
        (None, OLD, OLD, {"unchanged": ["a"]}),
        (None, NEW, OTHER, CONFLICT),
        (KNOWN, OLD, OLD, {"unchanged": ["a"]}),
        (KNOWN, NEW, OLD, {"upload": ["a"]}),
        (KNOWN, OLD, NEW, {"download": ["a"]}),
        (KNOWN, NEW, NEW, CONFLICT),  # its size and time alone do not prove it
        (Known(DIR, DIR), NEW, NEW, CONFLICT),
        (KNOWN, file(1, 1.0), file(1, 1.0), CONFLICT),  # changed within a second
        (KNOWN, file(1, 0.5), file(1, 0.0), {"unchanged": ["a"]}),  # one is cut to the second
        (Known(file(1, 0.5), OLD), file(1, 0.7), OLD, {"upload": ["a"]}),
        (KNOWN, OLD, file(1, 1.0), {"download": ["a"]}),
        (Known(OLD, DAY), file(1, 9.0), DAY, {"upload": ["a"]}),
        (None, OLD, DAY, CONFLICT),
        (KNOWN, NEW, OTHER, CONFLICT),
        (KNOWN, None, OLD, {"delete_remote": ["a"]}),
        (KNOWN, OLD, None, {"delete_local": ["a"]}),
        (KNOWN, None, NEW, {"download": ["a"]}),
        (KNOWN, NEW, None, {"upload": ["a"]}),
        (KNOWN, None, None, {}),
        (None, DIR, None, {"make_remote": ["a"]}),
        (None, None, DIR, {"make_local": ["a"]}),
        (Known(DIR, DIR), DIR, None, {"delete_local": ["a"]}),
        (Known(DIR, DIR), None, DIR, {"delete_remote": ["a"]}),
        (KNOWN, None, DIR, {"make_local": ["a"]}),
        (Known(DIR, DIR), NEW, None, {"upload": ["a"]}),
        (
            KNOWN,
            OLD,
            DIR,
            {"conflicts": ["a -> a.conflict"], "make_local": ["a.conflict"], "upload": ["a"]},
        ),
        (KNOWN, LINK, OLD, {"skipped": ["a"]}),
        (KNOWN, OLD, Thing("other"), {"skipped": ["a"]}),
        (Known(OLD, file(1, None)), OLD, file(1, 500.0), {"unchanged": ["a"]}),
    ],
)
def test_one_name(
    known: Known | None, local: Thing | None, remote: Thing | None, plan: dict[str, list[str]]
) -> None:
    memory = {PurePosixPath("a"): known} if known else {}
    here = {"a": local} if local else {}
    there = {"a": remote} if remote else {}
    assert told(plan_of(memory, here, there)) == plan


def test_a_folder_that_was_removed_stays_where_something_in_it_is_new() -> None:
    memory = {PurePosixPath("d"): Known(DIR, DIR), PurePosixPath("d/a"): KNOWN}
    assert told(plan_of(memory, {}, {"d": DIR, "d/a": OLD, "d/b": NEW})) == {
        "make_local": ["d"],
        "download": ["d/b"],
        "delete_remote": ["d/a"],
    }
    assert told(plan_of(memory, {}, {"d": DIR, "d/a": OLD})) == {"delete_remote": ["d", "d/a"]}


def test_a_folder_in_conflict_takes_its_content_along() -> None:
    plan = plan_of({}, {"a": NEW}, {"a": DIR, "a/b": OLD, "a.conflict": OLD, "A.CONFLICT2": OLD})
    assert told(plan) == {
        "conflicts": ["a -> a.conflict3"],
        "make_local": ["a.conflict3"],
        "download": ["A.CONFLICT2", "a.conflict", "a.conflict3/b"],
        "upload": ["a"],
    }


def test_what_is_below_what_is_left_alone_is_left_alone() -> None:
    memory = {PurePosixPath("d"): Known(DIR, DIR), PurePosixPath("d/a"): KNOWN}
    assert told(plan_of(memory, {"d": LINK}, {"d": DIR, "d/a": OLD})) == {"skipped": ["d"]}


def test_content_decides_where_sizes_do_not() -> None:
    here, there = {"a": file(1, 0.0)}, {"a": file(1, 900.0)}
    merge = Merge({}, things(here), things(there))
    assert merge.doubtful() == [PurePosixPath("a")]
    merge.same = {PurePosixPath("a")}
    assert told(merge.plan()) == {"unchanged": ["a"]}
    assert told(plan_of({}, here, there))["conflicts"] == ["a -> a.conflict"]


@pytest.mark.parametrize(
    ("known", "local", "remote", "doubtful", "unproven"),
    [
        (None, NEW, NEW, [], ["a"]),
        (None, OLD, DAY, ["a"], []),
        (None, NEW, OTHER, [], []),
        (KNOWN, OLD, OLD, [], []),
        (KNOWN, NEW, NEW, ["a"], []),
        (KNOWN, file(1, 1.0), OLD, ["a"], []),  # what rounds times, or an edit at once
        (KNOWN, file(1, 9.0), OLD, [], []),
    ],
)
def test_of_what_the_content_is_looked_at(
    known: Known | None, local: Thing, remote: Thing, doubtful: list[str], unproven: list[str]
) -> None:
    path = PurePosixPath("a")
    merge = Merge({path: known} if known else {}, {path: local}, {path: remote})
    assert [*map(str, merge.doubtful())] == doubtful
    assert [*map(str, merge.unproven())] == unproven
    merge.same = merge.doubtful()
    assert not doubtful or told(merge.plan()) == {"unchanged": ["a"]}
    merge.same, merge.different = (), merge.unproven()
    assert not unproven or told(merge.plan()) == CONFLICT


def test_as_it_was() -> None:
    assert is_as_it_was(file(1, 0.5), file(1, 0.0))
    assert not is_as_it_was(file(1, 9.0), file(1, 0.0))
    assert is_as_it_was(file(1, 50.0), replace(file(1, 0.0), precision=60.0))
    assert not is_as_it_was(file(2), file(1))
    assert not is_as_it_was(None, file(1))
    assert not is_as_it_was(DIR, file(1))
    assert is_as_it_was(replace(DIR, modified=9.0), DIR)


@pytest.mark.parametrize(
    ("here", "there", "folds", "odd"),
    [
        ("a", "a", False, ""),
        ("a", "A", False, "aA"),
        ("aA", "", False, "aA"),  # who knows what the server does
        ("aA", "aA", False, ""),
        ("", "aA", False, ""),
        ("", "aA", True, "aA"),
        ("aA", "a", False, "aA"),
    ],
)
def test_names_that_differ_in_case_alone(here: str, there: str, folds: bool, odd: str) -> None:
    found = undistinguished(
        set(map(PurePosixPath, here)), set(map(PurePosixPath, there)), local_folds=folds
    )
    assert found == set(map(PurePosixPath, odd))


# Against a model

Content = int  # 0 is a folder's


@dataclass
class World:
    """Two folders of numbered contents; a content's number is its time and size."""

    here: dict[PurePosixPath, Content] = field(default_factory=dict)
    there: dict[PurePosixPath, Content] = field(default_factory=dict)
    memory: Memory = field(default_factory=dict)
    counter: int = 0

    def change(self, here: bool, path: PurePosixPath, what: str) -> None:
        side = self.here if here else self.there
        if what == "folder" and side.get(path) == 0:
            return
        for old in [each for each in side if each == path or path in each.parents]:
            del side[old]
        if what == "remove":
            return
        for parent in path.parents[:-1]:
            if side.get(parent, 0):
                return
        self.counter += 1
        side.update(dict.fromkeys(path.parents[:-1], 0))
        side[path] = 0 if what == "folder" else self.counter

    def sync(self, upto: int | None = None) -> SyncPlan:
        """Sync; upto: what is killed after so many steps, before it remembers anything."""
        merge = Merge(self.memory, _seen(self.here), _seen(self.there))
        merge.same = [path for path in merge.doubtful() if self.here[path] == self.there[path]]
        plan = merge.plan()
        for number, step in enumerate(self._steps(plan)):
            if number == upto:
                return plan
            step()
        self.memory = {
            path: Known(thing, thing)
            for path, thing in _seen(self.here).items()
            if path in self.there
        }
        return plan

    def _steps(self, plan: SyncPlan):  # type: ignore[no-untyped-def]
        for old, new in plan.conflicts:
            yield lambda old=old, new=new: self._rename(old, new)
        for path in plan.make_local:
            yield lambda path=path: self.here.__setitem__(path, 0)
        for path in plan.make_remote:
            yield lambda path=path: self.there.__setitem__(path, 0)
        for path in plan.download:
            yield lambda path=path: self._copy(path, self.there, self.here)
        for path in plan.upload:
            yield lambda path=path: self._copy(path, self.here, self.there)
        for path in reversed(plan.delete_local):
            yield lambda path=path: self._delete(path, self.here)
        for path in reversed(plan.delete_remote):
            yield lambda path=path: self._delete(path, self.there)

    def _rename(self, old: PurePosixPath, new: PurePosixPath) -> None:
        assert new not in self.there
        for path in [each for each in self.there if each == old or old in each.parents]:
            self.there[new / path.relative_to(old)] = self.there.pop(path)

    @staticmethod
    def _copy(
        path: PurePosixPath,
        source: dict[PurePosixPath, Content],
        target: dict[PurePosixPath, Content],
    ) -> None:
        assert source[path] > 0
        assert target.get(path, 1) > 0  # no folder is written over
        assert all(target[parent] == 0 for parent in path.parents[:-1])
        target[path] = source[path]

    @staticmethod
    def _delete(path: PurePosixPath, side: dict[PurePosixPath, Content]) -> None:
        assert not [each for each in side if path in each.parents]  # a folder is empty by then
        del side[path]


def _seen(side: dict[PurePosixPath, Content]) -> dict[PurePosixPath, Thing]:
    return {path: file(number, 10.0 * number) if number else DIR for path, number in side.items()}


PATHS = [PurePosixPath(text) for text in ("a", "b", "d", "d/a", "d/b", "d/e", "d/e/a")]
CHANGE = st.tuples(
    st.booleans(), st.sampled_from(PATHS), st.sampled_from(["write", "remove", "folder"])
)


@settings(max_examples=deep(150, 4000), deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(CHANGE, max_size=6), st.none() | st.integers(0, 12)),
        min_size=1,
        max_size=5,
    )
)
def test_nothing_that_was_changed_is_lost(
    rounds: list[tuple[list[tuple[bool, PurePosixPath, str]], int | None]],
) -> None:
    world = World()
    for changes, killed_after in rounds:
        for change in changes:
            world.change(*change)
        remembered = {known.local.size for known in world.memory.values()}
        fresh = {*world.here.values(), *world.there.values()} - remembered - {0}
        removed = [
            path
            for path, known in world.memory.items()
            if known.local.kind == "file"
            and {world.here.get(path), world.there.get(path)} == {None, known.local.size}
        ]
        kept_twice = {old for old, _ in world.sync(0).conflicts}
        if killed_after is not None:
            world.sync(killed_after)
            kept_twice |= {old for old, _ in world.sync(0).conflicts}
            assert fresh <= {*world.here.values(), *world.there.values()}
        world.sync()
        assert world.here == world.there
        assert fresh <= set(world.here.values())  # whatever was new or changed is still somewhere
        assert world.sync().is_empty
        for path in removed:
            if kept_twice.isdisjoint({path, *path.parents}):
                assert world.here.get(path, 0) in fresh | {0}


@settings(max_examples=deep(80, 2000), deadline=None)
@given(st.lists(CHANGE, max_size=10))
def test_a_first_run_deletes_nothing(changes: list[tuple[bool, PurePosixPath, str]]) -> None:
    world = World()
    for change in changes:
        world.change(*change)
    before = {*world.here.values(), *world.there.values()}
    plan = world.sync()
    assert plan.delete_local == plan.delete_remote == ()
    assert before == set(world.here.values())
