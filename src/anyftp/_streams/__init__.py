"""Bytes and time: streams with time-outs and throttles, sockets, TLS, and the one copy loop.

Nothing here knows a word of FTP.
"""

from ._copy import CopyStats as CopyStats
from ._copy import ReadableFile as ReadableFile
from ._copy import WritableFile as WritableFile
from ._copy import copy_from_file as copy_from_file
from ._copy import copy_to_file as copy_to_file
from ._data import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from ._data import TransferOwner as TransferOwner
from ._errors import IncompleteReadError as IncompleteReadError
from ._errors import TruncatedStreamError as TruncatedStreamError
from ._errors import UnreadPlaintextError as UnreadPlaintextError
from ._optimistic import OptimisticStream as OptimisticStream
from ._optimistic import PatientStream as PatientStream
from ._socket import SocketStream as SocketStream
from ._stream import StreamIO as StreamIO
from ._throttled import AsyncStreamIterator as AsyncStreamIterator
from ._throttled import ThrottleStreamIO as ThrottleStreamIO
from ._tls import TLSStream as TLSStream

__all__ = [
    "AsyncStreamIterator",
    "CopyStats",
    "DataConnectionThrottleStreamIO",
    "IncompleteReadError",
    "OptimisticStream",
    "PatientStream",
    "ReadableFile",
    "SocketStream",
    "StreamIO",
    "TLSStream",
    "ThrottleStreamIO",
    "TransferOwner",
    "TruncatedStreamError",
    "UnreadPlaintextError",
    "WritableFile",
    "copy_from_file",
    "copy_to_file",
]
