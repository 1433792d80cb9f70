"""FTP for structured-concurrency Python: streams, a client and a server for trio and anyio."""

from typing import TYPE_CHECKING

from anyftp._lazy import lazily
from anyftp._version import __version__ as __version__

if TYPE_CHECKING:
    from anyftp._client import Client as Client
    from anyftp._client import ClientOptions as ClientOptions
    from anyftp._client import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
    from anyftp._client import DownloadManyOptions as DownloadManyOptions
    from anyftp._client import DownloadOptions as DownloadOptions
    from anyftp._client import Glob as Glob
    from anyftp._client import Listing as Listing
    from anyftp._client import MirrorDownloadOptions as MirrorDownloadOptions
    from anyftp._client import MirrorPlan as MirrorPlan
    from anyftp._client import MirrorReport as MirrorReport
    from anyftp._client import MirrorUploadOptions as MirrorUploadOptions
    from anyftp._client import OpeningStream as OpeningStream
    from anyftp._client import Progress as Progress
    from anyftp._client import RetryPolicy as RetryPolicy
    from anyftp._client import SyncOptions as SyncOptions
    from anyftp._client import TransferReport as TransferReport
    from anyftp._client import UploadManyOptions as UploadManyOptions
    from anyftp._client import UploadOptions as UploadOptions
    from anyftp._client import Walk as Walk
    from anyftp._client import WalkedFolder as WalkedFolder
    from anyftp._client._syncing._merge import SyncPlan as SyncPlan
    from anyftp._client._syncing._sync import SyncReport as SyncReport
    from anyftp._counts import Counts as Counts
    from anyftp._errors import ChecksumError as ChecksumError
    from anyftp._errors import ConnectionLost as ConnectionLost
    from anyftp._errors import DataConnectionError as DataConnectionError
    from anyftp._errors import FileSystemError as FileSystemError
    from anyftp._errors import FTPError as FTPError
    from anyftp._errors import FTPTimeoutError as FTPTimeoutError
    from anyftp._errors import IncompleteTransferError as IncompleteTransferError
    from anyftp._errors import ListingError as ListingError
    from anyftp._errors import LocalProtocolError as LocalProtocolError
    from anyftp._errors import MixedReplyError as MixedReplyError
    from anyftp._errors import NameCollisionError as NameCollisionError
    from anyftp._errors import NoDataPort as NoDataPort
    from anyftp._errors import PermanentReplyError as PermanentReplyError
    from anyftp._errors import ProtocolError as ProtocolError
    from anyftp._errors import RemoteProtocolError as RemoteProtocolError
    from anyftp._errors import ReplyError as ReplyError
    from anyftp._errors import SourceChangedError as SourceChangedError
    from anyftp._errors import TLSError as TLSError
    from anyftp._errors import TransientReplyError as TransientReplyError
    from anyftp._errors import UnconfirmedTransferError as UnconfirmedTransferError
    from anyftp._errors import UnsafeNameError as UnsafeNameError
    from anyftp._errors import UploadRejectedError as UploadRejectedError
    from anyftp._fs import Ability as Ability
    from anyftp._fs import FileInfo as FileInfo
    from anyftp._fs import FileSystem as FileSystem
    from anyftp._fs import FsspecFileSystem as FsspecFileSystem
    from anyftp._fs import LocalFileSystem as LocalFileSystem
    from anyftp._fs import MemoryFileSystem as MemoryFileSystem
    from anyftp._fs import QuotaFileSystem as QuotaFileSystem
    from anyftp._fs import QuotaStore as QuotaStore
    from anyftp._fs import ReadFile as ReadFile
    from anyftp._fs import SharedQuotaStore as SharedQuotaStore
    from anyftp._fs import Usage as Usage
    from anyftp._fs import WriteFile as WriteFile
    from anyftp._net import Dialler as Dialler
    from anyftp._net import PeerCertificate as PeerCertificate
    from anyftp._net import ServerCertificate as ServerCertificate
    from anyftp._net import client_context as client_context
    from anyftp._net import connect_tcp as connect_tcp
    from anyftp._net import proxy_dialler as proxy_dialler
    from anyftp._net import server_context as server_context
    from anyftp._pool import ClientPool as ClientPool
    from anyftp._pool import ManyReport as ManyReport
    from anyftp._protocol import HABIT_RULES as HABIT_RULES
    from anyftp._protocol import CodedLine as CodedLine
    from anyftp._protocol import Entry as Entry
    from anyftp._protocol import HabitRule as HabitRule
    from anyftp._protocol import Habits as Habits
    from anyftp._protocol import KnownEntry as KnownEntry
    from anyftp._protocol import ListParser as ListParser
    from anyftp._protocol import Outline as Outline
    from anyftp._protocol import Permission as Permission
    from anyftp._protocol import Reply as Reply
    from anyftp._protocol import parse_257 as parse_257
    from anyftp._protocol import parse_dos_line as parse_dos_line
    from anyftp._protocol import parse_epsv as parse_epsv
    from anyftp._protocol import parse_list_line as parse_list_line
    from anyftp._protocol import parse_mlsx_line as parse_mlsx_line
    from anyftp._protocol import parse_pasv as parse_pasv
    from anyftp._protocol import parse_unix_line as parse_unix_line
    from anyftp._server import BanPolicy as BanPolicy
    from anyftp._server import Bans as Bans
    from anyftp._server import DataPort as DataPort
    from anyftp._server import Server as Server
    from anyftp._server import ServerStatistics as ServerStatistics
    from anyftp._server import Session as Session
    from anyftp._server import TLSPolicy as TLSPolicy
    from anyftp._server import Upload as Upload
    from anyftp._server import User as User
    from anyftp._server import UserManager as UserManager
    from anyftp._server import UserTable as UserTable
    from anyftp._server import hash_password as hash_password
    from anyftp._streams import AnyStream as AnyStream
    from anyftp._streams import AsyncStreamIterator as AsyncStreamIterator
    from anyftp._streams import CopyStats as CopyStats
    from anyftp._streams import IncompleteReadError as IncompleteReadError
    from anyftp._streams import OptimisticStream as OptimisticStream
    from anyftp._streams import ReadableFile as ReadableFile
    from anyftp._streams import SocketStream as SocketStream
    from anyftp._streams import StreamIO as StreamIO
    from anyftp._streams import ThrottleStreamIO as ThrottleStreamIO
    from anyftp._streams import TLSStream as TLSStream
    from anyftp._streams import TruncatedStreamError as TruncatedStreamError
    from anyftp._streams import UnreadPlaintextError as UnreadPlaintextError
    from anyftp._streams import WritableFile as WritableFile
    from anyftp._streams import copy_from_file as copy_from_file
    from anyftp._streams import copy_to_file as copy_to_file
    from anyftp._streams._as_trio import as_trio_stream as as_trio_stream
    from anyftp._throttle import StreamThrottle as StreamThrottle
    from anyftp._throttle import Throttle as Throttle
    from anyftp._throttle import ThrottleStatistics as ThrottleStatistics
    from anyftp._throttle import until_paid as until_paid

#: Which module has which name; each is imported when somebody asks for it.
_HOMES = {
    "anyftp._client": (
        "Client",
        "ClientOptions",
        "DataConnectionThrottleStreamIO",
        "DownloadManyOptions",
        "DownloadOptions",
        "Glob",
        "Listing",
        "MirrorDownloadOptions",
        "MirrorPlan",
        "MirrorReport",
        "MirrorUploadOptions",
        "OpeningStream",
        "Progress",
        "RetryPolicy",
        "SyncOptions",
        "TransferReport",
        "UploadManyOptions",
        "UploadOptions",
        "Walk",
        "WalkedFolder",
    ),
    "anyftp._client._syncing._merge": ("SyncPlan",),
    "anyftp._client._syncing._sync": ("SyncReport",),
    "anyftp._errors": (
        "ChecksumError",
        "ConnectionLost",
        "DataConnectionError",
        "FileSystemError",
        "FTPError",
        "FTPTimeoutError",
        "IncompleteTransferError",
        "ListingError",
        "LocalProtocolError",
        "NameCollisionError",
        "NoDataPort",
        "PermanentReplyError",
        "ProtocolError",
        "MixedReplyError",
        "RemoteProtocolError",
        "ReplyError",
        "SourceChangedError",
        "TLSError",
        "TransientReplyError",
        "UnconfirmedTransferError",
        "UnsafeNameError",
        "UploadRejectedError",
    ),
    "anyftp._fs": (
        "Ability",
        "FileInfo",
        "FileSystem",
        "FsspecFileSystem",
        "LocalFileSystem",
        "MemoryFileSystem",
        "QuotaFileSystem",
        "QuotaStore",
        "SharedQuotaStore",
        "ReadFile",
        "Usage",
        "WriteFile",
    ),
    "anyftp._net": (
        "Dialler",
        "PeerCertificate",
        "ServerCertificate",
        "client_context",
        "connect_tcp",
        "proxy_dialler",
        "server_context",
    ),
    "anyftp._pool": (
        "ClientPool",
        "ManyReport",
    ),
    "anyftp._protocol": (
        "HABIT_RULES",
        "CodedLine",
        "Entry",
        "HabitRule",
        "Habits",
        "KnownEntry",
        "Outline",
        "ListParser",
        "Permission",
        "Reply",
        "parse_257",
        "parse_dos_line",
        "parse_epsv",
        "parse_list_line",
        "parse_mlsx_line",
        "parse_pasv",
        "parse_unix_line",
    ),
    "anyftp._counts": ("Counts",),
    "anyftp._server": (
        "BanPolicy",
        "Bans",
        "DataPort",
        "Server",
        "ServerStatistics",
        "Session",
        "TLSPolicy",
        "Upload",
        "User",
        "UserManager",
        "UserTable",
        "hash_password",
    ),
    "anyftp._streams": (
        "AnyStream",
        "AsyncStreamIterator",
        "CopyStats",
        "IncompleteReadError",
        "OptimisticStream",
        "ReadableFile",
        "SocketStream",
        "StreamIO",
        "ThrottleStreamIO",
        "TLSStream",
        "TruncatedStreamError",
        "UnreadPlaintextError",
        "WritableFile",
        "copy_from_file",
        "copy_to_file",
    ),
    "anyftp._streams._as_trio": ("as_trio_stream",),
    "anyftp._throttle": (
        "StreamThrottle",
        "Throttle",
        "ThrottleStatistics",
        "until_paid",
    ),
}

__all__ = [
    "HABIT_RULES",
    "Ability",
    "AnyStream",
    "AsyncStreamIterator",
    "BanPolicy",
    "Bans",
    "ChecksumError",
    "Client",
    "ClientOptions",
    "ClientPool",
    "CodedLine",
    "ConnectionLost",
    "CopyStats",
    "Counts",
    "DataConnectionError",
    "DataConnectionThrottleStreamIO",
    "DataPort",
    "Dialler",
    "DownloadManyOptions",
    "DownloadOptions",
    "Entry",
    "FTPError",
    "FTPTimeoutError",
    "FileInfo",
    "FileSystem",
    "FileSystemError",
    "FsspecFileSystem",
    "Glob",
    "HabitRule",
    "Habits",
    "IncompleteReadError",
    "IncompleteTransferError",
    "KnownEntry",
    "ListParser",
    "Listing",
    "ListingError",
    "LocalFileSystem",
    "LocalProtocolError",
    "ManyReport",
    "MemoryFileSystem",
    "MirrorDownloadOptions",
    "MirrorPlan",
    "MirrorReport",
    "MirrorUploadOptions",
    "MixedReplyError",
    "NameCollisionError",
    "NoDataPort",
    "OpeningStream",
    "OptimisticStream",
    "Outline",
    "PeerCertificate",
    "PermanentReplyError",
    "Permission",
    "Progress",
    "ProtocolError",
    "QuotaFileSystem",
    "QuotaStore",
    "ReadFile",
    "ReadableFile",
    "RemoteProtocolError",
    "Reply",
    "ReplyError",
    "RetryPolicy",
    "Server",
    "ServerCertificate",
    "ServerStatistics",
    "Session",
    "SharedQuotaStore",
    "SocketStream",
    "SourceChangedError",
    "StreamIO",
    "StreamThrottle",
    "SyncOptions",
    "SyncPlan",
    "SyncReport",
    "TLSError",
    "TLSPolicy",
    "TLSStream",
    "Throttle",
    "ThrottleStatistics",
    "ThrottleStreamIO",
    "TransferReport",
    "TransientReplyError",
    "TruncatedStreamError",
    "UnconfirmedTransferError",
    "UnreadPlaintextError",
    "UnsafeNameError",
    "Upload",
    "UploadManyOptions",
    "UploadOptions",
    "UploadRejectedError",
    "Usage",
    "User",
    "UserManager",
    "UserTable",
    "Walk",
    "WalkedFolder",
    "WritableFile",
    "WriteFile",
    "__version__",
    "as_trio_stream",
    "client_context",
    "connect_tcp",
    "copy_from_file",
    "copy_to_file",
    "hash_password",
    "parse_257",
    "parse_dos_line",
    "parse_epsv",
    "parse_list_line",
    "parse_mlsx_line",
    "parse_pasv",
    "parse_unix_line",
    "proxy_dialler",
    "server_context",
    "until_paid",
]

if not TYPE_CHECKING:  # else any name would do
    __getattr__, __dir__ = lazily(__name__, _HOMES)
