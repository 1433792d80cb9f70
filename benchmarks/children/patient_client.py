"""How long others wait: ``patient_client '{"port": 2121, "clients": 950, "seconds": 5}'``.

So many sessions log in. When a line comes on standard input, some of them say NOOP now and then,
and somebody new logs in each second; tells the milliseconds that each had to wait.
"""

import contextlib
import itertools
import socket
import sys
import time
from typing import Any

from benchmarks.children.crowd_client import Client, drive
from benchmarks.children.meter import Meter, job, tell

_PAUSE_SECONDS = 0.02
_PATIENCE_SECONDS = 30.0


def noop(sock: socket.socket) -> float:
    """One NOOP; the milliseconds until it is answered, or until we no longer wait for it."""
    began = time.perf_counter()
    sock.sendall(b"NOOP\r\n")
    with contextlib.suppress(TimeoutError):
        while not sock.recv(4096).endswith(b"\r\n"):
            pass
    return (time.perf_counter() - began) * 1e3


def login(port: int) -> float:
    """One login; the milliseconds that it takes."""
    began = time.perf_counter()
    client = Client(port, "", 0, "anonymous:x")
    drive([client.log_in()])
    client.control.close()
    return (time.perf_counter() - began) * 1e3


def main() -> None:
    """Do the work and tell what it took."""
    task: dict[str, Any] = job()
    meter = Meter()
    clients = [Client(task["port"], "", 0, "anonymous:x") for _ in range(task["clients"])]
    drive([client.log_in() for client in clients])
    for client in clients:
        client.control.settimeout(_PATIENCE_SECONDS)
    tell(ready=True)
    sys.stdin.buffer.readline()
    noops, logins = [], []
    began = time.monotonic()
    for number in itertools.count():
        seconds = time.monotonic() - began
        if seconds >= task["seconds"]:
            break
        noops.append(noop(clients[number % len(clients)].control))
        if seconds >= len(logins) + 0.5:
            logins.append(login(task["port"]))
        time.sleep(_PAUSE_SECONDS)
    meter.report(noops=noops, logins=logins)


if __name__ == "__main__":
    main()
