"""Bytes and time: streams with time-outs and throttles, sockets, TLS, and the one copy loop.

Nothing here knows a word of FTP.
"""

from anyftp._streams._any_file import ReadableFile as ReadableFile
from anyftp._streams._any_file import WritableFile as WritableFile
from anyftp._streams._any_stream import AnyStream as AnyStream
from anyftp._streams._any_stream import as_optimistic as as_optimistic
from anyftp._streams._copy import CopyStats as CopyStats
from anyftp._streams._copy import copy_from_file as copy_from_file
from anyftp._streams._copy import copy_to_file as copy_to_file
from anyftp._streams._errors import IncompleteReadError as IncompleteReadError
from anyftp._streams._errors import TruncatedStreamError as TruncatedStreamError
from anyftp._streams._errors import UnreadPlaintextError as UnreadPlaintextError
from anyftp._streams._line_ends import FromCRLF as FromCRLF
from anyftp._streams._line_ends import ToCRLF as ToCRLF
from anyftp._streams._optimistic import OptimisticStream as OptimisticStream
from anyftp._streams._optimistic import reset_when_closed as reset_when_closed
from anyftp._streams._patient import PatientStream as PatientStream
from anyftp._streams._socket import Readiness as Readiness
from anyftp._streams._socket import SocketStream as SocketStream
from anyftp._streams._stream import StreamIO as StreamIO
from anyftp._streams._threads import Workers as Workers
from anyftp._streams._threads import acting_for as acting_for
from anyftp._streams._threads import run_in_thread as run_in_thread
from anyftp._streams._throttled import AsyncStreamIterator as AsyncStreamIterator
from anyftp._streams._throttled import ThrottleStreamIO as ThrottleStreamIO
from anyftp._streams._tls import TLSStream as TLSStream
from anyftp._streams._trio_stream import TrioStream as TrioStream

__all__ = [
    "AnyStream",
    "AsyncStreamIterator",
    "CopyStats",
    "FromCRLF",
    "IncompleteReadError",
    "OptimisticStream",
    "PatientStream",
    "ReadableFile",
    "Readiness",
    "SocketStream",
    "StreamIO",
    "TLSStream",
    "ThrottleStreamIO",
    "ToCRLF",
    "TrioStream",
    "TruncatedStreamError",
    "UnreadPlaintextError",
    "Workers",
    "WritableFile",
    "acting_for",
    "as_optimistic",
    "copy_from_file",
    "copy_to_file",
    "reset_when_closed",
    "run_in_thread",
]
