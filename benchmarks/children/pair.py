"""A TCP connection on loopback whose far end is a process that pushes or takes all it can."""

import json
import os
import socket
import time
from dataclasses import dataclass

Event = tuple[float, int]
FEED = bytes(64 * 1024)


def connected() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    return near, far


def isolate(near: socket.socket) -> None:
    """In the far process: leave the near end and the client's processor."""
    near.close()
    if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) == 1:
        os.sched_setaffinity(0, {0})


def feeder(*, on_request: bool = False) -> socket.socket:
    """The near end of a connection into which a process pushes zeros until it breaks.

    Args:
        on_request: not before it has got a byte.
    """
    near, far = connected()
    if os.fork() == 0:
        isolate(near)
        try:
            if on_request:
                far.recv(1)
            while True:
                far.sendall(FEED)
        except OSError:
            os._exit(0)
    far.close()
    return near


@dataclass(slots=True)
class Drain:
    """The near end of a connection from which a process takes all, noting what came when."""

    sock: socket.socket
    report_fd: int

    def events(self) -> list[Event]:
        """What arrived, once the near end is closed."""
        with os.fdopen(self.report_fd, "rb") as report:
            return [(at, count) for at, count in json.load(report)]


def drain() -> Drain:
    """Start a process that takes everything."""
    near, far = connected()
    reader, writer = os.pipe()
    if os.fork() == 0:
        isolate(near)
        os.close(reader)
        events = []
        try:
            while data := far.recv(1 << 20):
                events.append((time.monotonic(), len(data)))
        except OSError:
            pass
        with os.fdopen(writer, "w") as report:
            json.dump(events, report)
        os._exit(0)
    far.close()
    os.close(writer)
    return Drain(near, reader)
