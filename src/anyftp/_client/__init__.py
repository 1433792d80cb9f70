"""The client: control connection, data connections, transfers, listings.

Start reading at `_face/_client.py`, `Client.download`: it leads to `_copying/_download.py` and
`_file.py`, to `_data/_open.py` (the command and its data connection), the copy loop of `_streams`,
and `_data/_transfer.py` (the end of it).
"""

from anyftp._client._copying._local import LocalPath
from anyftp._client._copying._options import (
    DownloadManyOptions,
    DownloadOptions,
    UploadManyOptions,
    UploadOptions,
)
from anyftp._client._copying._report import Progress, ProgressCallback, TransferReport
from anyftp._client._data._pending import OpeningStream
from anyftp._client._data._stream import DataConnectionThrottleStreamIO
from anyftp._client._face._client import Client
from anyftp._client._listing._glob import Glob
from anyftp._client._listing._listing import Listing
from anyftp._client._listing._walk import Walk, WalkedFolder
from anyftp._client._mirroring._options import MirrorDownloadOptions, MirrorUploadOptions
from anyftp._client._mirroring._plan import MirrorPlan, MirrorReport
from anyftp._client._options._retry_policy import RetryPolicy
from anyftp._client._options._settings import ClientOptions, PassiveCommand, TLSMode
from anyftp._client._session._session import RemotePath
from anyftp._client._syncing._options import SyncOptions

__all__ = [
    "Client",
    "ClientOptions",
    "DataConnectionThrottleStreamIO",
    "DownloadManyOptions",
    "DownloadOptions",
    "Glob",
    "Listing",
    "LocalPath",
    "MirrorDownloadOptions",
    "MirrorPlan",
    "MirrorReport",
    "MirrorUploadOptions",
    "OpeningStream",
    "PassiveCommand",
    "Progress",
    "ProgressCallback",
    "RemotePath",
    "RetryPolicy",
    "SyncOptions",
    "TLSMode",
    "TransferReport",
    "UploadManyOptions",
    "UploadOptions",
    "Walk",
    "WalkedFolder",
]
