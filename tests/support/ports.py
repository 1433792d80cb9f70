"""Ports for those who must name them; everybody else takes port 0."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Iterator

#: Of several test runs at once, as `nox -s ci` has them, the number of this one, and how many.
_RUN, _NRUNS = map(int, os.environ.get("ANYFTP_TEST_RUN", "0/1").split("/"))

_WIDTH = 21_000
#: For the widest row that a test asks for; with less, the processes of a run choose among the same.
_ENOUGH = 1_000


@contextlib.contextmanager
def dead_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port where nobody listens, nor can anybody else begin to."""
    with socket.socket() as taken:
        taken.bind((host, 0))
        yield taken.getsockname()[1]


def free_ports(count: int, host: str = "127.0.0.1") -> int:
    """The first of so many free ports in a row, below those that the kernel hands out.

    Raises:
        OSError: there is no such row, or no such address here.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.create_server((host, 0), family=family).close()
    lowest, end = _allotted()
    for _ in range(100):
        first = random.randrange(lowest, end - count)
        sockets: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                server = socket.create_server((host, port), family=family)
                sockets.append(server)
            return first
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise OSError(f"no free block of {count} ports on {host}")


def _allotted() -> tuple[int, int]:
    """Each process of a test run chooses among ports of its own, so that none takes another's."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    width = _WIDTH // _NRUNS
    first = 11_000 + _RUN * width
    if width // count < _ENOUGH:
        return first, first + width
    return first + number * (width // count), first + (number + 1) * (width // count)
