"""The test kit: streams in memory, a scripted peer, and the stream contract as functions.

Nothing here starts a thread or opens a socket, so tests that use it run on any backend, under
virtual clocks too, where an hour of transfers passes in milliseconds.
"""

from ._byte_stream_checks import BYTE_STREAM_CHECKS as BYTE_STREAM_CHECKS
from ._byte_stream_checks import check_byte_stream as check_byte_stream
from ._memory import MemoryAttribute as MemoryAttribute
from ._memory import MemoryStream as MemoryStream
from ._memory import memory_stream_pair as memory_stream_pair
from ._peer import Expect as Expect
from ._peer import ExpectEnd as ExpectEnd
from ._peer import HangUp as HangUp
from ._peer import Pause as Pause
from ._peer import Reset as Reset
from ._peer import Say as Say
from ._peer import SayBytes as SayBytes
from ._peer import ScriptedPeer as ScriptedPeer
from ._peer import ScriptError as ScriptError
from ._peer import StartTLS as StartTLS
from ._peer import Step as Step
from ._reset import reset_stream as reset_stream
from ._running import MakePair as MakePair
from ._running import Skipped as Skipped
from ._running import run_check as run_check
from ._stream_io_checks import STREAM_IO_CHECKS as STREAM_IO_CHECKS
from ._stream_io_checks import check_stream_io as check_stream_io

__all__ = [
    "BYTE_STREAM_CHECKS",
    "STREAM_IO_CHECKS",
    "Expect",
    "ExpectEnd",
    "HangUp",
    "MakePair",
    "MemoryAttribute",
    "MemoryStream",
    "Pause",
    "Reset",
    "Say",
    "SayBytes",
    "ScriptError",
    "ScriptedPeer",
    "Skipped",
    "StartTLS",
    "Step",
    "check_byte_stream",
    "check_stream_io",
    "memory_stream_pair",
    "reset_stream",
    "run_check",
]
