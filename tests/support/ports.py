"""Ports for those who must name them; everybody else takes port 0."""

from __future__ import annotations

import random
import socket


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, below those that the kernel hands out.

    Raises:
        OSError: there is no such row.
    """
    for _ in range(100):
        first = random.randrange(11_000, 32_000 - count)
        sockets: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.create_server(("127.0.0.1", port)))  # noqa: PERF401 closed below
            return first
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise OSError("no free block of ports on the loopback interface")
