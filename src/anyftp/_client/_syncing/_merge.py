"""What a sync is to do: a merge of both sides with what both had when they were last alike.

Pure: values in, a plan out. A side that differs from what is remembered has been changed, and wins
over a side that does not. If both were changed, both are kept: the server's gets another name.

What was changed on both sides is the same only if its content is; size and time tell that of what
nothing is remembered of, for a first run of two large folders cannot read everything.

To delete needs evidence: that something was there on both sides, is gone from one, and is on the
other just as it was. Whatever is not remembered is new, so a first run deletes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from math import floor
from pathlib import PurePosixPath

from anyftp._client._mirroring._plan import Thing, parents_of
from anyftp._protocol import fold_name

CONFLICT = ".conflict"
Paths = tuple[PurePosixPath, ...]
Things = dict[PurePosixPath, Thing]


@dataclass(frozen=True, slots=True)
class Known:
    """What both sides had under one path when they were last alike."""

    local: Thing
    remote: Thing


Memory = dict[PurePosixPath, Known]


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync does, or would do. Paths are relative to both folders, and sorted.

    Attributes:
        make_local: folders that are made here.
        make_remote: folders that are made at the server.
        conflicts: what was changed on both sides, and the new name that the server's version gets;
            it is downloaded under that name, and ours is uploaded under the old one.
        download: files that are new or changed at the server.
        upload: files that are new or changed here.
        delete_local: what was removed at the server.
        delete_remote: what was removed here.
        unchanged: files that are alike.
        skipped: what is left alone: links, devices, names that the other side cannot tell apart or
            may hide, and what is in such folders.
        sizes: bytes of the files that are copied, as far as they are told.
    """

    make_local: Paths = ()
    make_remote: Paths = ()
    conflicts: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()
    download: Paths = ()
    upload: Paths = ()
    delete_local: Paths = ()
    delete_remote: Paths = ()
    unchanged: Paths = ()
    skipped: Paths = ()
    sizes: Mapping[PurePosixPath, int] = field(default_factory=dict, compare=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is copied, as far as they are told."""
        return sum(self.sizes.values())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        moved = self.download or self.upload or self.conflicts
        made = self.make_local or self.make_remote
        return not (moved or made or self.delete_local or self.delete_remote)


def is_as_it_was(thing: Thing | None, mark: Thing) -> bool:
    """Whether one side still has what is remembered of it, as far as both are told."""
    if thing is None or thing.kind != mark.kind:
        return False
    if thing.kind == "dir":
        return True
    if None not in (thing.size, mark.size) and thing.size != mark.size:
        return False
    if thing.modified is None or mark.modified is None:
        return True
    if max(thing.precision, mark.precision) > 1:
        return thing.has_time_of(mark)
    # One clock has told both, so there is nothing to grant; but one may be cut to the second.
    if thing.modified.is_integer() or mark.modified.is_integer():
        return floor(thing.modified) == floor(mark.modified)
    return thing.modified == mark.modified


def are_alike(local: Thing, remote: Thing) -> bool:
    """Whether two files are the same by their sizes, and times that are told to the second."""
    is_exact = max(local.precision, remote.precision) <= 1
    is_sized = local.size is not None and local.size == remote.size
    return is_sized and is_exact and local.has_time_of(remote)


@dataclass(slots=True)
class Merge:
    """One merge.

    Attributes:
        memory: what both sides had; of what is settled by another name it loses the old one.
        skipped: what is left alone, with all that is below.
        same: files that were found to have the same content whatever their times say.
        different: files that were found to have not.
    """

    memory: Memory
    local: Things
    remote: Things
    skipped: set[PurePosixPath] = field(default_factory=set)
    same: Collection[PurePosixPath] = ()
    different: Collection[PurePosixPath] = ()

    def __post_init__(self) -> None:
        self.memory, self.local, self.remote = dict(self.memory), dict(self.local), {**self.remote}
        for things in (self.local, self.remote):
            odd = {path for path, thing in things.items() if thing.kind in ("link", "other")}
            self.skipped |= odd
        for things in (self.local, self.remote):
            for path in [path for path in things if self._is_skipped(path)]:
                del things[path]

    def doubtful(self) -> list[PurePosixPath]:
        """Files of the same size of which only their content tells whether they are the same.

        They were changed on both sides; or on one by no more than clocks differ in what they keep.
        """
        both = {*self._both_changed()}
        return [path for path in self._of_one_size() if path in both or self._is_hardly(path)]

    def unproven(self) -> list[PurePosixPath]:
        """Files that nothing is remembered of and that count as the same by size and time."""
        return [path for path in self._of_one_size() if self._is_same(path)]

    def plan(self) -> SyncPlan:
        """Decide on everything."""
        conflicts = self._settle_conflicts()
        found: dict[str, set[PurePosixPath]] = defaultdict(set)
        for path in self._paths():
            kinds = {thing.kind for thing in self._present(path)}
            if kinds == {"file"}:
                found[self._decide(path)].add(path)
        self._decide_on_folders(found)
        named = {name: tuple(sorted(found[name])) for name in _ACTIONS}
        sizes = {path: self.remote[path].size for path in named["download"]}
        sizes |= {path: self.local[path].size for path in named["upload"]}
        told = {path: size for path, size in sizes.items() if size is not None}
        skipped = tuple(sorted(self.skipped))
        return SyncPlan(conflicts=conflicts, skipped=skipped, sizes=told, **named)

    def _paths(self) -> list[PurePosixPath]:
        return sorted({*self.local, *self.remote})

    def _present(self, path: PurePosixPath) -> list[Thing]:
        return [side[path] for side in (self.local, self.remote) if path in side]

    def _is_skipped(self, path: PurePosixPath) -> bool:
        return path in self.skipped or not self.skipped.isdisjoint(path.parents)

    def _is_changed(self, path: PurePosixPath, *, here: bool) -> bool:
        known = self.memory.get(path)
        if known is None:
            return True
        thing, mark = (self.local, known.local) if here else (self.remote, known.remote)
        return not is_as_it_was(thing.get(path), mark)

    def _of_one_size(self) -> Iterable[PurePosixPath]:
        for path in sorted(self.local.keys() & self.remote.keys()):
            mine, theirs = self.local[path], self.remote[path]
            if mine.kind == theirs.kind == "file" and mine.size == theirs.size:
                yield path

    def _is_hardly(self, path: PurePosixPath) -> bool:
        """Whether one side alone was changed, and its time is that of the other one still."""
        is_one = self._is_changed(path, here=True) != self._is_changed(path, here=False)
        return is_one and are_alike(self.local[path], self.remote[path])

    def _is_same(self, path: PurePosixPath) -> bool:
        """Whether a file is the same on both sides, whatever is remembered of it."""
        if path in self.same or path in self.different:
            return path in self.same
        return path not in self.memory and are_alike(self.local[path], self.remote[path])

    def _both_changed(self) -> Iterable[PurePosixPath]:
        """What is on both sides, changed on both, and not known to be the same."""
        for path in sorted(self.local.keys() & self.remote.keys()):
            mine, theirs = self.local[path], self.remote[path]
            if mine.kind != theirs.kind:
                yield path
                continue
            if mine.kind == "dir" or self._is_same(path):
                continue
            if self._is_changed(path, here=True) and self._is_changed(path, here=False):
                yield path

    def _settle_conflicts(self) -> tuple[tuple[PurePosixPath, PurePosixPath], ...]:
        """Put what the server has under other names; what is left has been changed by one only."""
        settled: list[tuple[PurePosixPath, PurePosixPath]] = []
        paths = {*self.local, *self.remote, *self.memory, *self.skipped}
        taken = {fold_name(str(path)) for path in paths}
        for path in list(self._both_changed()):
            if path not in self.remote:
                continue  # it is in a folder that has got another name already
            new = _free_name(path, taken)
            taken.add(fold_name(str(new)))
            settled.append((path, new))
            for old in _at_and_below(path, self.remote):
                self.remote[new / old.relative_to(path)] = self.remote.pop(old)
            for old in _at_and_below(path, self.memory):
                del self.memory[old]
        return tuple(settled)

    def _decide(self, path: PurePosixPath) -> str:
        """What becomes of a file that is on one side or both, and no conflict."""
        is_known = path in self.memory
        if path in self.local and path in self.remote:
            if self._is_same(path):
                return "unchanged"
            if not self._is_changed(path, here=True):
                return "download" if self._is_changed(path, here=False) else "unchanged"
            return "upload"
        if path in self.local:
            is_gone = is_known and not self._is_changed(path, here=True)
            return "delete_local" if is_gone else "upload"
        is_gone = is_known and not self._is_changed(path, here=False)
        return "delete_remote" if is_gone else "download"

    def _decide_on_folders(self, found: dict[str, set[PurePosixPath]]) -> None:
        """Make folders that one side lacks; delete those that hold nothing any more."""
        staying = (*found["upload"], *found["download"], *found["unchanged"], *self.skipped)
        kept = parents_of(staying)
        folders = [p for p in self._paths() if {t.kind for t in self._present(p)} == {"dir"}]
        for path in reversed(folders):  # what is below comes first
            is_here, is_there = path in self.local, path in self.remote
            known = self.memory.get(path)
            was_folder = known is not None and known.local.kind == "dir"
            if not (is_here and is_there) and was_folder and path not in kept:
                found["delete_local" if is_here else "delete_remote"].add(path)
                continue
            kept |= {*path.parents}
            if not is_here:
                found["make_local"].add(path)
            elif not is_there:
                found["make_remote"].add(path)


_ACTIONS = (
    "make_local",
    "make_remote",
    "download",
    "upload",
    "delete_local",
    "delete_remote",
    "unchanged",
)


def _free_name(path: PurePosixPath, taken: Collection[str]) -> PurePosixPath:
    """A name beside a path that nothing has, nor a name that differs from it in case alone."""
    numbers = chain([""], map(str, count(2)))
    names = (path.with_name(f"{path.name}{CONFLICT}{number}") for number in numbers)
    return next(name for name in names if fold_name(str(name)) not in taken)


def _at_and_below(path: PurePosixPath, paths: Collection[PurePosixPath]) -> list[PurePosixPath]:
    return [each for each in paths if each == path or path in each.parents]


def undistinguished(
    local: Collection[PurePosixPath], remote: Collection[PurePosixPath], *, local_folds: bool
) -> set[PurePosixPath]:
    """Paths that differ in case alone, where one of the sides may take them for one file.

    That a side tells them apart is shown by its having both.
    """
    spellings: dict[tuple[PurePosixPath, str], set[PurePosixPath]] = defaultdict(set)
    for path in {*local, *remote}:
        spellings[path.parent, fold_name(path.name)].add(path)
    odd: set[PurePosixPath] = set()
    for paths in spellings.values():
        here, there = paths.intersection(local), paths.intersection(remote)
        tells_apart = len(there) > 1 and (len(here) > 1 or not local_folds)
        if len(paths) > 1 and not tells_apart:
            odd |= paths
    return odd
