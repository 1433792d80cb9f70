"""The client: control connection, data connections, transfers, listings.

Start reading at `_client.Client.download`: it leads to `_download`, `_file`, `_data` (the command
and its data connection), the copy loop of `_streams`, and `_transfer` (the end of it).
"""

from anyftp._client._client import Client
from anyftp._client._glob import Glob
from anyftp._client._listing import Listing
from anyftp._client._mirror_plan import MirrorPlan, MirrorReport
from anyftp._client._opening import OpeningStream
from anyftp._client._options import ClientOptions, PassiveCommand, TLSMode
from anyftp._client._report import Progress, ProgressCallback, TransferReport
from anyftp._client._retry_policy import RetryPolicy
from anyftp._client._walk import Walk, WalkedFolder

__all__ = [
    "Client",
    "ClientOptions",
    "Glob",
    "Listing",
    "MirrorPlan",
    "MirrorReport",
    "OpeningStream",
    "PassiveCommand",
    "Progress",
    "ProgressCallback",
    "RetryPolicy",
    "TLSMode",
    "TransferReport",
    "Walk",
    "WalkedFolder",
]
