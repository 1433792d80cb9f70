"""What may be asked of mirrors, and of syncs as well, each option once; see `_copying._options`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from anyftp._client._copying._options import Atomic, CopyOptions, ItemOptions

if TYPE_CHECKING:
    from anyftp._client._mirroring._plan import OnPlan


class DeletingOptions(CopyOptions, ItemOptions, total=False):
    """What is asked of whatever may delete."""

    allow_empty: bool
    """Believe a folder that has nothing in it, where things would be deleted for that. Without it
    nothing is done, as an error: the folder may not be mounted, or not readable.
    """

    max_delete: int | float | None
    """Delete at most this many things; a float from 0.0 to 1.0 is a share of what the destination
    has, or of what a sync remembers. If there are more, nothing is done, as an error.
    """

    dry_run: bool
    """Change nothing, and tell the plan."""

    exclude: Sequence[str]
    """Patterns, as of `glob`, of files and folders that are left alone on both sides. Those without
    a slash inside are tried on the name, wherever it is.
    """


class MirrorOptions(DeletingOptions, total=False):
    """What is asked of mirrors in either direction."""

    delete: bool
    """Delete at the destination what the source lacks, once all else has gone well. Links there are
    deleted, never what they lead to. Where the source's listing may not be all that there is,
    nothing is done, as an error.
    """

    include: Sequence[str]
    """Patterns of files that this is about; all unless told."""

    on_plan: OnPlan | None
    """Called with the plan, once everything is compared and nothing changed."""


class MirrorDownloadOptions(MirrorOptions, total=False):
    """What is asked of `Client.mirror_download`, for functions that pass it on."""

    resume: bool
    """Of files that were not there, go on with what an earlier call with `resume` could not finish.
    """


class MirrorUploadOptions(MirrorOptions, total=False):
    """What is asked of `Client.mirror_upload`, for functions that pass it on."""

    atomic: Atomic
    """Let each file appear whole, as in `upload`."""
