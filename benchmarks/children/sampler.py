"""Where processor time goes: each thread's own processor clock rings, and its stack is noted.

The clock of a thread that waits stands still, so waiting counts nothing, however busy the machine
is; what the kernel does for a thread counts for the function that asked for it. The stack is
written by faulthandler from within the signal, so nothing moves on before. Linux only; the kernel
looks at such clocks once a tick, which is every 4 ms or less.
"""

import ctypes
import faulthandler
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

INTERVAL_NANOSECONDS = 1_000_000  # a tick, since that is more
_SIGEV_THREAD_ID = 4


class _SignalEvent(ctypes.Structure):  # man 7 sigevent
    _fields_ = (
        ("value", ctypes.c_void_p),
        ("number", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("thread", ctypes.c_int),
        ("rest", ctypes.c_char * 44),
    )


def start(path: str) -> None:
    """Note the stacks of this thread, and of those that it and others will start, in a file."""
    signal.signal(signal.SIGPROF, signal.SIG_IGN)  # what is put back when the interpreter ends
    file = open(path, "a")  # noqa: SIM115
    # Only where it calls the handler that was there before does it put errno back, too; a system
    # call that has just failed would tell another reason.
    faulthandler.register(signal.SIGPROF, file, all_threads=False, chain=True)
    threading.setprofile(_begin)
    _ring()


def _begin(_: FrameType, _event: str, _argument: Any) -> None:
    sys.setprofile(None)
    _ring()


def _ring() -> None:
    library, timer = ctypes.CDLL(None, use_errno=True), ctypes.c_void_p()
    event = _SignalEvent(None, signal.SIGPROF, _SIGEV_THREAD_ID, threading.get_native_id())
    clock = time.pthread_getcpuclockid(threading.get_ident())
    interval = (ctypes.c_long * 4)(0, INTERVAL_NANOSECONDS, 0, INTERVAL_NANOSECONDS)
    if library.timer_create(clock, ctypes.byref(event), ctypes.byref(timer)) or (
        library.timer_settime(timer, 0, interval, None)
    ):
        raise OSError(ctypes.get_errno(), "no timer for this thread")
