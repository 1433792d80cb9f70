"""Waiting until a socket is ready, and closing a socket that is waited for.

An event loop knows sockets by their descriptors, which the system gives to the next socket at once.
On one backend of anyio a task that has waited takes the descriptor off the loop when it wakes up,
whosever it is by then: who waits on the new socket would never hear of it. So a descriptor is not
given back before all who have waited on it are awake.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Awaitable, Callable

import anyio


class Readiness:
    """Who waits on one socket."""

    __slots__ = ("_descriptor", "_nwaiting", "_socket")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._nwaiting = 0
        self._descriptor = -1  # of a closed socket, for those who still wait

    async def wait(self, until: Callable[[socket.socket], Awaitable[None]]) -> None:
        """Wait by `anyio.wait_readable` or `anyio.wait_writable`.

        Raises:
            anyio.ClosedResourceError: the socket was closed meanwhile.

        Cancellation: safe.
        """
        self._nwaiting += 1
        try:
            await until(self._socket)
        finally:
            self._nwaiting -= 1
            if self._descriptor >= 0 and not self._nwaiting:
                descriptor, self._descriptor = self._descriptor, -1
                socket.close(descriptor)

    def close(self) -> None:
        """Close the socket; who waits on it gets `anyio.ClosedResourceError`."""
        if not self._nwaiting:
            self._socket.close()
            return
        try:
            anyio.notify_closing(self._socket)
        except Exception:  # there is no event loop any more, and nobody who waits
            self._socket.close()
        else:
            self._descriptor = self._socket.detach()
            _hang_up(self._descriptor)


def _hang_up(descriptor: int) -> None:
    """End the connection of a descriptor, which stays taken: the peer is to hear of it now."""
    if sys.platform == "win32":  # whose sockets cannot be put in the place of others
        return
    with contextlib.suppress(OSError), socket.socket() as nothing:
        os.dup2(nothing.fileno(), descriptor, inheritable=False)
