"""What the comparison of two folders has found so far; values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from anyftp._client._mirroring._plan import MirrorPlan

Verdict = Literal["unchanged", "transfer", "replace", "skipped"]

_VERDICTS: tuple[Verdict, ...] = ("transfer", "replace", "unchanged", "skipped")


@dataclass(slots=True)
class Findings:
    """What comparing has come to.

    Attributes:
        make: folders that the destination lacks.
        verdicts: what is to be done with each file.
        doomed: what is to be deleted, and whether it is a folder.
        spared: what is left alone at the destination.
        late: what has to wait until something in its way has been deleted.
        target_count: how many things the destination has.
        sizes: of the files that are transferred or replaced.
    """

    make: set[PurePosixPath] = field(default_factory=set)
    verdicts: dict[PurePosixPath, Verdict] = field(default_factory=dict)
    doomed: dict[PurePosixPath, bool] = field(default_factory=dict)
    spared: set[PurePosixPath] = field(default_factory=set)
    late: set[PurePosixPath] = field(default_factory=set)
    target_count: int = 0
    sizes: dict[PurePosixPath, int] = field(default_factory=dict)

    def add(self, other: Findings) -> None:
        """Take over what another one holds."""
        self.make |= other.make
        self.verdicts |= other.verdicts
        self.doomed |= other.doomed
        self.spared |= other.spared
        self.late |= other.late
        self.target_count += other.target_count
        self.sizes |= other.sizes

    def having(self, verdict: Verdict) -> tuple[PurePosixPath, ...]:
        """The files of one verdict, sorted."""
        return tuple(sorted(path for path, other in self.verdicts.items() if other == verdict))

    def plan(self) -> MirrorPlan:
        """What is to be done."""
        files = {verdict: self.having(verdict) for verdict in _VERDICTS}
        make, delete = tuple(sorted(self.make)), tuple(sorted(self.doomed))
        return MirrorPlan(make=make, delete=delete, sizes=self.sizes, **files)
