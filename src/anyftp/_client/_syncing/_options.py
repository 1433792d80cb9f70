"""What may be asked of syncs, each option once; see `_copying._options`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from anyftp._client._mirroring._options import DeletingOptions

if TYPE_CHECKING:
    from anyftp._client._syncing._merge import SyncPlan


class SyncOptions(DeletingOptions, total=False):
    """What is asked of `Client.sync`, for functions that pass it on."""

    on_plan: Callable[[SyncPlan], object] | None
    """Called with the plan, once it is made and nothing changed."""
