"""The client: control connection, data connections, transfers, listings.

Start reading at `_face/_client.py`, `Client.download`: it leads to `_copying/_download.py` and
`_file.py`, to `_data/_open.py` (the command and its data connection), the copy loop of `_streams`,
and `_data/_transfer.py` (the end of it).
"""

from anyftp._client._copying._report import Progress, ProgressCallback, TransferReport
from anyftp._client._data._pending import OpeningStream
from anyftp._client._data._stream import DataConnectionThrottleStreamIO
from anyftp._client._face._client import Client
from anyftp._client._listing._glob import Glob
from anyftp._client._listing._listing import Listing
from anyftp._client._listing._walk import Walk, WalkedFolder
from anyftp._client._mirroring._plan import MirrorPlan, MirrorReport
from anyftp._client._options._retry_policy import RetryPolicy
from anyftp._client._options._settings import ClientOptions, PassiveCommand, TLSMode

__all__ = [
    "Client",
    "ClientOptions",
    "DataConnectionThrottleStreamIO",
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
