"""One's own non-blocking sockets: a byte stream over one, and waiting until one is ready.

anyio's `SocketStream` is not used: on one of its backends every read costs four times the CPU, and
a stream that its listener accepted takes in data without bound when its reader is slow.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import Any

import anyio
from anyio.abc import SocketAttribute

from anyftp._streams._flow import MAX_RECEIVE_BYTES
from anyftp._streams._optimistic import OptimisticStream

Address = tuple[str, int]


def send_at_once(sock: socket.socket) -> None:
    """Have a TCP socket send small blocks as they come.

    Else a block waits until the one before it is acknowledged (RFC 896), which a peer may put off
    for 40 ms and more (RFC 1122, 4.2.3.2): for small blocks at a low limit, in each of them.
    """
    try:  # noqa: SIM105  # in each data connection, and `suppress` costs more than the call
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        pass  # not TCP, or gone already


class Readiness:
    """Who waits on one socket, and closing it while somebody does.

    An event loop knows sockets by their descriptors, which the system gives to the next socket at
    once. On one backend of anyio a task that has waited takes the descriptor off the loop when it
    wakes up, whosever it is by then: who waits on the new socket would never hear of it. So a
    descriptor is not given back before all who have waited on it are awake.
    """

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
            self._leave()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """As one who waits: for a thread that uses the descriptor."""
        self._nwaiting += 1
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
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


class SocketStream(OptimisticStream):
    """A connected stream socket.

    What it has taken over is the kernel's, so that nothing is unsent.

    Args:
        sock: a connected socket; the stream owns it from now on and makes it non-blocking.
        peer: the peer's name as `accept` told it. The socket itself no longer knows when the
            connection has been reset by then, and asking it costs a system call.
    """

    def __init__(self, sock: socket.socket, peer: Any = None) -> None:
        if sock.gettimeout() != 0.0:
            sock.setblocking(False)
        send_at_once(sock)
        self._socket = sock
        self._readiness = Readiness(sock)
        self._peer = peer
        self._is_broken = False

    @property
    def raw_socket(self) -> socket.socket:
        """The socket itself, for the kernel's own copying and for options."""
        return self._socket

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Its descriptor's number goes to no other connection meanwhile, closed though it may be.

        A thread that was about to use it then meets a socket without a peer.
        """
        return self._readiness.held()

    @property
    def local_address(self) -> Address:
        """Host and port of this end."""
        return _host_and_port(self._socket.getsockname())

    @property
    def remote_address(self) -> Address:
        """Host and port of the peer."""
        return _host_and_port(self._peer_name())

    @property
    def has_unsent(self) -> bool:
        return False

    @property
    def closes_at_once(self) -> bool:
        return True

    def try_receive_into(self, view: memoryview) -> int | None:
        try:
            nbytes = self._socket.recv_into(view)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise self._failure() from error
        if not nbytes and self._is_broken:
            raise self._failure()
        return nbytes

    def try_receive(self, max_bytes: int) -> bytes | None:
        try:
            data = self._socket.recv(min(max_bytes, MAX_RECEIVE_BYTES))
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise self._failure() from error
        if not data and self._is_broken:
            raise self._failure()
        return data

    def try_send(self, view: memoryview) -> int:
        try:
            return self._socket.send(view)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._check_sending()
            raise self._failure() from error

    def until_readable(self) -> Coroutine[Any, Any, None]:
        return self._wait(anyio.wait_readable)

    def until_writable(self) -> Coroutine[Any, Any, None]:
        return self._wait(anyio.wait_writable)

    def _wait(self, until: Callable[[socket.socket], Awaitable[None]]) -> Coroutine[Any, Any, None]:
        if self._is_closed:
            raise anyio.ClosedResourceError
        return self._readiness.wait(until)

    async def _end(self) -> None:
        with contextlib.suppress(OSError):  # the peer may have gone already
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close at once; who waits on this stream gets `anyio.ClosedResourceError`."""
        if not self._is_closed:
            self._is_closed = True
            self._readiness.close()

    async def aclose(self) -> None:
        """Close the socket. Cancellation: closes all the same."""
        self.close()
        await anyio.lowlevel.checkpoint()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        sock = self._socket
        attributes: dict[Any, Callable[[], Any]] = {
            SocketAttribute.family: lambda: sock.family,
            SocketAttribute.local_address: lambda: _address(sock.getsockname()),
            SocketAttribute.raw_socket: lambda: sock,
            SocketAttribute.remote_address: lambda: _address(self._peer_name()),
        }
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            attributes[SocketAttribute.local_port] = lambda: self.local_address[1]
            attributes[SocketAttribute.remote_port] = lambda: self.remote_address[1]
        return attributes

    def _peer_name(self) -> Any:
        return self._socket.getpeername() if self._peer is None else self._peer

    def _failure(self) -> Exception:
        # The kernel tells of a broken connection once; after that it says "end of stream".
        self._is_broken = True
        return anyio.ClosedResourceError() if self._is_closed else anyio.BrokenResourceError()


def _address(name: Any) -> Any:
    """As anyio has it: host and port also of IPv6, whose names have four parts; else a path."""
    return name[:2] if isinstance(name, tuple) else name


def _host_and_port(name: Any) -> Address:
    """The first two parts of a socket's name; a local (Unix) socket has but a path, or nothing."""
    if isinstance(name, tuple):
        return name[0], name[1]
    return str(name), 0


def _hang_up(descriptor: int) -> None:
    """End the connection of a descriptor, which stays taken: the peer is to hear of it now."""
    if sys.platform == "win32":  # whose sockets cannot be put in the place of others
        return
    with contextlib.suppress(OSError), socket.socket() as nothing:
        os.dup2(nothing.fileno(), descriptor, inheritable=False)
