"""One call that may delete: how much of it, and on which premises.

To delete is to believe that the source lacks something. A listing that is empty by mistake, of a
folder that was not mounted or may not be read, looks like a source that lacks everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from anyftp._client._copying._job import Job
from anyftp._errors import LocalProtocolError


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class MirrorJob(Job):
    """A mirror or a sync, which looks at both sides before it changes one; see `MirrorOptions`.

    Copies get the times of their originals.

    Raises:
        ValueError: max_delete is below zero, or a float above one.
    """

    keep_times: bool = True
    allow_empty: bool = False
    max_delete: int | float | None = None
    dry_run: bool = False
    exclude: Sequence[str] = ()
    delete: bool = False
    include: Sequence[str] = ()
    on_plan: Callable[[Any], object] | None = None

    def __post_init__(self) -> None:
        Job.__post_init__(self)  # a class with slots is made twice: super() knows the other one
        most = self.max_delete
        if most is not None and not (most >= 0 and (isinstance(most, int) or most <= 1)):
            raise ValueError(
                f"max_delete must be a count, or a share from 0.0 to 1.0, not {most!r}"
            )

    def check_source(self, source_count: int, target_count: int) -> None:
        """Look at the two folders that are mirrored, by how much is in them.

        Raises:
            LocalProtocolError: all would be deleted because the source has nothing.
        """
        if target_count and not source_count and not self.allow_empty:
            raise LocalProtocolError(
                f"the source has nothing in it, the destination has {target_count}: nothing is "
                "deleted unless allow_empty=True"
            )

    def check_amount(self, doomed_count: int, target_count: int) -> None:
        """Look at how much is to be deleted, of how much at the destination in all.

        Raises:
            LocalProtocolError: that is more than max_delete.
        """
        most = self.max_delete
        if most is None:
            return
        # A share of a count is rarely exact: 0.29 * 100 is a little less than 29.
        if doomed_count > (most if isinstance(most, int) else most * target_count + 1e-6):
            raise LocalProtocolError(
                f"{doomed_count} of {target_count} would be deleted, more than max_delete={most}: "
                "nothing is"
            )
