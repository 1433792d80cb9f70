"""The client: control connection, data connections, transfers, listings.

Start reading at `_face/_client.py`, `Client.download`: it leads to `_copying/_download.py` and
`_file.py`, to `_data/_open.py` (the command and its data connection), the copy loop of `_streams`,
and `_data/_transfer.py` (the end of it).
"""

from typing import TYPE_CHECKING

from anyftp._lazy import lazily

if TYPE_CHECKING:
    from anyftp._client._copying._local import LocalPath as LocalPath
    from anyftp._client._copying._options import DownloadManyOptions as DownloadManyOptions
    from anyftp._client._copying._options import DownloadOptions as DownloadOptions
    from anyftp._client._copying._options import UploadManyOptions as UploadManyOptions
    from anyftp._client._copying._options import UploadOptions as UploadOptions
    from anyftp._client._copying._report import Progress as Progress
    from anyftp._client._copying._report import ProgressCallback as ProgressCallback
    from anyftp._client._copying._report import TransferReport as TransferReport
    from anyftp._client._data._pending import OpeningStream as OpeningStream
    from anyftp._client._data._stream import (
        DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO,
    )
    from anyftp._client._face._client import Client as Client
    from anyftp._client._listing._glob import Glob as Glob
    from anyftp._client._listing._listing import Listing as Listing
    from anyftp._client._listing._walk import Walk as Walk
    from anyftp._client._listing._walk import WalkedFolder as WalkedFolder
    from anyftp._client._mirroring._options import MirrorDownloadOptions as MirrorDownloadOptions
    from anyftp._client._mirroring._options import MirrorUploadOptions as MirrorUploadOptions
    from anyftp._client._mirroring._plan import MirrorPlan as MirrorPlan
    from anyftp._client._mirroring._plan import MirrorReport as MirrorReport
    from anyftp._client._options._retry_policy import RetryPolicy as RetryPolicy
    from anyftp._client._options._settings import ClientOptions as ClientOptions
    from anyftp._client._options._settings import PassiveCommand as PassiveCommand
    from anyftp._client._options._settings import TLSMode as TLSMode
    from anyftp._client._session._session import RemotePath as RemotePath
    from anyftp._client._syncing._options import SyncOptions as SyncOptions

#: Which module has which name; each is imported when somebody asks for it.
_HOMES = {
    "anyftp._client._copying._local": ("LocalPath",),
    "anyftp._client._copying._options": (
        "DownloadManyOptions",
        "DownloadOptions",
        "UploadManyOptions",
        "UploadOptions",
    ),
    "anyftp._client._copying._report": ("Progress", "ProgressCallback", "TransferReport"),
    "anyftp._client._data._pending": ("OpeningStream",),
    "anyftp._client._data._stream": ("DataConnectionThrottleStreamIO",),
    "anyftp._client._face._client": ("Client",),
    "anyftp._client._listing._glob": ("Glob",),
    "anyftp._client._listing._listing": ("Listing",),
    "anyftp._client._listing._walk": ("Walk", "WalkedFolder"),
    "anyftp._client._mirroring._options": ("MirrorDownloadOptions", "MirrorUploadOptions"),
    "anyftp._client._mirroring._plan": ("MirrorPlan", "MirrorReport"),
    "anyftp._client._options._retry_policy": ("RetryPolicy",),
    "anyftp._client._options._settings": ("ClientOptions", "PassiveCommand", "TLSMode"),
    "anyftp._client._session._session": ("RemotePath",),
    "anyftp._client._syncing._options": ("SyncOptions",),
}

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

if not TYPE_CHECKING:  # else any name would do
    __getattr__, __dir__ = lazily(__name__, _HOMES)
