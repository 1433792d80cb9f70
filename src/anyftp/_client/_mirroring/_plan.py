"""What a mirror is to do, and which paths it is about; values only, nothing is done here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Generic, Literal, TypeVar

from anyftp._client._copying._report import TransferReport
from anyftp._protocol import PathPattern

Kind = Literal["file", "dir", "link", "other"]


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """What a mirror does, or would do. Paths are relative to both folders, and sorted.

    Attributes:
        make: folders that the destination lacks.
        transfer: files that it lacks.
        replace: files that differ in size or time.
        delete: what the source lacks; only with `delete=True`.
        unchanged: files that are the same by size and time.
        skipped: what is neither file nor folder at the source: devices, links that do not lead to
            files. Things of these names at the destination are left alone.
        sizes: bytes of the files that are transferred or replaced, as far as they are told.
    """

    make: tuple[PurePosixPath, ...] = ()
    transfer: tuple[PurePosixPath, ...] = ()
    replace: tuple[PurePosixPath, ...] = ()
    delete: tuple[PurePosixPath, ...] = ()
    unchanged: tuple[PurePosixPath, ...] = ()
    skipped: tuple[PurePosixPath, ...] = ()
    sizes: Mapping[PurePosixPath, int] = field(default_factory=dict, compare=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is transferred or replaced, as far as they are told."""
        return sum(self.sizes.values())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.make or self.transfer or self.replace or self.delete)


#: Told of what is to be done, before it is.
OnPlan = Callable[[MirrorPlan], object]


_Plan = TypeVar("_Plan")


@dataclass(frozen=True, slots=True)
class PlanReport(Generic[_Plan]):
    """What a plan came to.

    Attributes:
        plan: what was to be done.
        transfer: what its transfers came to.
        is_dry_run: whether nothing of it was done.
    """

    plan: _Plan
    transfer: TransferReport
    is_dry_run: bool = False


class MirrorReport(PlanReport[MirrorPlan]):
    """What a mirror came to: its `plan`, the `transfer` of that, and whether `is_dry_run`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """What one side has under a name.

    Attributes:
        kind: a link is one only where it is not followed.
        size: bytes; None where it is not known.
        modified: time of the last change, seconds since 1970; None where it is not known.
        precision: seconds that the time may be too early.
    """

    kind: Kind
    size: int | None = None
    modified: float | None = None
    precision: float = 1.0

    def has_time_of(self, other: Thing) -> bool:
        """Whether both may have been changed at the same time, as far as that is told.

        A second more is granted: file systems cut times off, too, some of them at even seconds.
        """
        if self.modified is None or other.modified is None:
            return False
        return abs(self.modified - other.modified) < max(self.precision, other.precision) + 1


class Selection:
    """Which paths a mirror is about, by patterns.

    A pattern without a slash inside is tried on the name alone, wherever it is.

    Args:
        include: files that fit none of these are left out, if there are any.
        exclude: files and folders that fit one of these are left out.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._include = [_pattern(text) for text in include]
        self._exclude = [_pattern(text) for text in exclude]

    @property
    def is_by_name(self) -> bool:
        """Whether only files that fit something are wanted, so that empty folders are not."""
        return bool(self._include)

    def has(self, path: PurePosixPath, *, is_folder: bool) -> bool:
        """Whether this is about a path."""
        if _is_any(self._exclude, path):
            return False
        return is_folder or not self._include or _is_any(self._include, path)


def parents_of(paths: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """All folders that hold one of these."""
    return {parent for path in paths for parent in path.parents}


def _is_any(patterns: Iterable[PathPattern], path: PurePosixPath) -> bool:
    return any(pattern.fits(path.parts) for pattern in patterns)


def _pattern(text: str) -> PathPattern:
    return PathPattern(text if "/" in text.strip("/") or text.startswith("/") else f"**/{text}")
