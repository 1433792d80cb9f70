"""A network of loopback alone, so that what ran a minute before costs nobody anything.

Who closes a connection first keeps its port for a minute (TIME_WAIT), and from about 14,000 such
ports on each `bind` on the machine takes up to 1.7 ms. In a network namespace of its own a run has
a bound of its own for them. Where that is not allowed, it waits until most are gone.
"""

import ctypes
import os
import socket
import struct
import time
from pathlib import Path

KEPT = 1_000
WAITED_FOR = 8_000
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_BOUND = Path("/proc/sys/net/ipv4/tcp_max_tw_buckets")
_COUNTS = Path("/proc/net/sockstat")


def separate() -> str:
    """Leave the machine's network for one of our own, if we may; a sentence about it."""
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        _raise_loopback()
        _BOUND.write_text(str(KEPT))
    except (OSError, AttributeError) as error:  # not as root; no Linux
        return f"Network: the machine's ({error}); a run waits while {WAITED_FOR:,} ports rest."
    return f"Network: loopback in a namespace of its own, where at most {KEPT:,} ports rest."


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def resting() -> int:
    """How many ports are in TIME_WAIT; none where nobody can tell."""
    try:
        counts = _COUNTS.read_text().partition(" tw ")[2].split()
    except OSError:
        return 0
    return int(counts[0]) if counts else 0


def settle(seconds: float = 70.0) -> None:
    """Wait until few enough ports rest; they rest for a minute, so not for longer than that."""
    end = time.monotonic() + seconds
    while resting() > WAITED_FOR and time.monotonic() < end:
        time.sleep(1)
