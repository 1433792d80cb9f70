"""Clients that hold a server up: ``hostile_client '{"port": 2121, "hosts": ["127.0.0.2"]}'``.

One session from each of the hosts logs in and then sends FEAT after FEAT without waiting for what
is answered, until standard input ends. Tells how many answers came.
"""

import selectors
import socket
import sys
import threading
from typing import Any

from benchmarks.children.crowd_client import Client, drive
from benchmarks.children.meter import Meter, job, tell

_LINES = b"FEAT\r\n" * 500
_END = b"\r\n211 "


def flood(sockets: list[socket.socket], stop: threading.Event) -> int:
    """Write and read as much as the server lets us; returns how many answers came."""
    answers, block = 0, bytearray(1 << 16)
    with selectors.DefaultSelector() as selector:
        for sock in sockets:
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while not stop.is_set() and selector.get_map():
            for key, events in selector.select(0.1):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                try:
                    if events & selectors.EVENT_READ:
                        nbytes = sock.recv_into(block)
                        answers += block.count(_END, 0, nbytes)
                        if not nbytes:
                            raise ConnectionError
                    if events & selectors.EVENT_WRITE:
                        sock.send(_LINES)
                except BlockingIOError:
                    pass
                except OSError:  # shown the door
                    selector.unregister(sock)
            stop.wait(0.001)  # the processor is for the one who measures
    return answers


def main() -> None:
    """Do the work and tell what came of it."""
    task: dict[str, Any] = job()
    meter = Meter()
    clients = [Client(task["port"], "", 0, "anonymous:x", host) for host in task["hosts"]]
    drive([client.log_in() for client in clients])
    tell(ready=True)
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), stop.set()), daemon=True).start()
    answers = flood([client.control for client in clients], stop)
    meter.report(answers=answers)


if __name__ == "__main__":
    main()
