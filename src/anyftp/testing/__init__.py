"""The test kit: a server and streams in memory, clocks that jump, a scripted peer, contracts.

Nothing here starts a thread or opens a socket, so tests that use it run on any backend, under
virtual clocks too, where an hour of transfers passes in milliseconds; but for `RiggedServer` and
`ServerThread`, which are there for programs that connect to a real port.
"""

from anyftp.testing._byte_stream_checks import BYTE_STREAM_CHECKS as BYTE_STREAM_CHECKS
from anyftp.testing._byte_stream_checks import check_byte_stream as check_byte_stream
from anyftp.testing._cancelling import CancelledRun as CancelledRun
from anyftp.testing._cancelling import cancel_at_each_checkpoint as cancel_at_each_checkpoint
from anyftp.testing._file_system_checks import MakeFileSystem as MakeFileSystem
from anyftp.testing._file_system_runs import FILE_SYSTEM_CHECKS as FILE_SYSTEM_CHECKS
from anyftp.testing._file_system_runs import check_file_system as check_file_system
from anyftp.testing._file_system_runs import run_file_system_check as run_file_system_check
from anyftp.testing._link import Link as Link
from anyftp.testing._memory import MemoryAttribute as MemoryAttribute
from anyftp.testing._memory import MemoryStream as MemoryStream
from anyftp.testing._memory import memory_stream_pair as memory_stream_pair
from anyftp.testing._memory_network import MemoryListener as MemoryListener
from anyftp.testing._memory_network import MemoryNetwork as MemoryNetwork
from anyftp.testing._memory_server import MemoryDialler as MemoryDialler
from anyftp.testing._memory_server import memory_server as memory_server
from anyftp.testing._peer import Expect as Expect
from anyftp.testing._peer import ExpectEnd as ExpectEnd
from anyftp.testing._peer import HangUp as HangUp
from anyftp.testing._peer import Pause as Pause
from anyftp.testing._peer import Reset as Reset
from anyftp.testing._peer import Say as Say
from anyftp.testing._peer import SayBytes as SayBytes
from anyftp.testing._peer import ScriptedPeer as ScriptedPeer
from anyftp.testing._peer import ScriptError as ScriptError
from anyftp.testing._peer import StartTLS as StartTLS
from anyftp.testing._peer import Step as Step
from anyftp.testing._reset import reset_stream as reset_stream
from anyftp.testing._rigged_server import RiggedServer as RiggedServer
from anyftp.testing._rigged_server import ServerThread as ServerThread
from anyftp.testing._running import MakePair as MakePair
from anyftp.testing._running import Skipped as Skipped
from anyftp.testing._running import run_check as run_check
from anyftp.testing._stream_io_checks import STREAM_IO_CHECKS as STREAM_IO_CHECKS
from anyftp.testing._stream_io_checks import check_stream_io as check_stream_io
from anyftp.testing._virtual_clock import VirtualClockLoop as VirtualClockLoop
from anyftp.testing._virtual_clock import virtual_backends as virtual_backends

__all__ = [
    "BYTE_STREAM_CHECKS",
    "FILE_SYSTEM_CHECKS",
    "STREAM_IO_CHECKS",
    "CancelledRun",
    "Expect",
    "ExpectEnd",
    "HangUp",
    "Link",
    "MakeFileSystem",
    "MakePair",
    "MemoryAttribute",
    "MemoryDialler",
    "MemoryListener",
    "MemoryNetwork",
    "MemoryStream",
    "Pause",
    "Reset",
    "RiggedServer",
    "Say",
    "SayBytes",
    "ScriptError",
    "ScriptedPeer",
    "ServerThread",
    "Skipped",
    "StartTLS",
    "Step",
    "VirtualClockLoop",
    "cancel_at_each_checkpoint",
    "check_byte_stream",
    "check_file_system",
    "check_stream_io",
    "memory_server",
    "memory_stream_pair",
    "reset_stream",
    "run_check",
    "run_file_system_check",
    "virtual_backends",
]
