"""Slices by themselves, over moves that follow a script: when they end, and what cancels them."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._streams._slices import (
    CHUNK_BYTES,
    FileFailed,
    Outcome,
    SlicedCopy,
    Unsupported,
    incoming,
)

pytestmark = pytest.mark.anyio

Event = int | BaseException | Callable[[], int]


class Scripted(SlicedCopy):
    """Moves as the script says; then there is nothing more to move.

    Nothing comes on its socket, so that it is not ready once that would block.
    """

    is_incoming = True

    def __init__(self, sock: socket.socket, *script: Event) -> None:
        super().__init__(sock, -1)
        self.script = list(script)
        self.asked: list[int] = []

    def move(self, nbytes: int) -> int:
        self.asked.append(nbytes)
        event = self.script.pop(0) if self.script else 0
        if isinstance(event, BaseException):
            raise event
        return min(nbytes, event() if callable(event) else event)


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    left, right = socket.socketpair()
    left.setblocking(False)
    with left, right:
        yield left


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """One end of a TCP connection, on which nothing comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    near.setblocking(False)
    with near, far:
        yield near


async def test_it_ends_when_there_is_nothing_more(sock: socket.socket) -> None:
    with Scripted(sock, 10, 20) as copy:
        assert await copy.run_slice(None) is Outcome.END
        assert copy.nbytes == 30


async def test_it_ends_when_the_grant_is_used_up(sock: socket.socket) -> None:
    with Scripted(sock, 10, 1000) as copy:
        assert await copy.run_slice(25) is Outcome.MORE
        assert copy.nbytes == 25
        assert copy.asked == [25, 15]


async def test_it_ends_when_its_time_is_up(
    sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is left to move; and no call is asked for more than a chunk."""
    monkeypatch.setattr("anyftp._streams._slices.SLICE_SECONDS", 0.0)
    with Scripted(sock, *[1 << 30] * 5) as copy:
        for number in range(1, 4):
            assert await copy.run_slice(None) is Outcome.MORE
            assert copy.nbytes == number * CHUNK_BYTES
    assert set(copy.asked) == {CHUNK_BYTES}


async def test_it_ends_when_the_peer_is_not_ready(sock: socket.socket) -> None:
    with Scripted(sock, 10, BlockingIOError(), 10) as copy:
        assert await copy.run_slice(None) is Outcome.BLOCKED
        assert copy.nbytes == 10


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param([Unsupported()], Outcome.UNSUPPORTED, id="it-says-so"),
        pytest.param([10, Unsupported()], Outcome.UNSUPPORTED, id="later-too"),
        pytest.param([OSError(errno.EINVAL, "")], Outcome.UNSUPPORTED, id="invalid-at-first"),
        pytest.param([OSError(errno.ENOSYS, "")], Outcome.UNSUPPORTED, id="no-such-call"),
        pytest.param([10, OSError(errno.EINVAL, "")], OSError, id="invalid-later"),
        pytest.param([OSError(errno.ECONNRESET, "")], ConnectionResetError, id="reset"),
        pytest.param([FileFailed()], FileFailed, id="the-file"),
    ],
)
async def test_what_is_unsupported_and_what_is_an_error(
    sock: socket.socket, script: list[Event], outcome: Outcome | type[BaseException]
) -> None:
    with Scripted(sock, *script) as copy:
        if isinstance(outcome, Outcome):
            assert await copy.run_slice(None) is outcome
        else:
            with pytest.raises(outcome):
                await copy.run_slice(None)
        assert copy.nbytes == sum(event for event in script if isinstance(event, int))


async def test_an_error_leaves_it_fit_for_more(sock: socket.socket) -> None:
    with Scripted(sock, 1, ConnectionResetError(), 2) as copy:
        with pytest.raises(ConnectionResetError):
            await copy.run_slice(None)
        assert await copy.run_slice(None) is Outcome.END
        assert copy.nbytes == 3


async def test_a_slice_is_waited_for_after_one_that_failed(sock: socket.socket) -> None:
    """The failed one has said that it is done; that must not be taken for the word of the next."""
    has_begun, may_end = threading.Event(), threading.Event()
    is_over = False

    def move() -> int:
        nonlocal is_over
        has_begun.set()
        may_end.wait(10)
        is_over = True
        return 1

    with Scripted(sock, ConnectionResetError(), move) as copy:
        with pytest.raises(ConnectionResetError):
            await copy.run_slice(None)

        async def run() -> None:
            try:
                await copy.run_slice(None)
            finally:
                assert is_over, "it has returned, and the thread is still at work"

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await anyio.to_thread.run_sync(has_begun.wait, 10)
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                for _ in range(10):
                    await anyio.lowlevel.checkpoint()
                may_end.set()


@pytest.mark.parametrize("max_bytes", [None, 1 << 30])
async def test_a_cancelled_slice_is_interrupted_and_waited_for(
    sock: socket.socket, max_bytes: int | None
) -> None:
    """Where it was moving, run_slice returns only after that move, and no other follows."""
    has_begun = threading.Event()

    def move() -> int:
        has_begun.set()
        latest = time.monotonic() + 10
        while not copy._is_cancelled and time.monotonic() < latest:
            time.sleep(0.001)
        return 7 if copy._is_cancelled else 1

    with Scripted(sock, move, 1000, 1000) as copy:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(copy.run_slice, max_bytes)
            await anyio.to_thread.run_sync(has_begun.wait, 10)
            tasks.cancel_scope.cancel()
        assert copy.nbytes == 7
        assert len(copy.asked) == 1
        assert await copy.run_slice(None) is Outcome.MORE, "once cancelled, it moves no more"
        assert copy.nbytes == 7


async def test_one_cancelled_before_it_begins_moves_nothing(sock: socket.socket) -> None:
    with Scripted(sock, 10) as copy:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await copy.run_slice(None)
        assert scope.cancelled_caught
        assert copy.nbytes == 0
        assert not copy.asked


async def test_it_works_on_a_descriptor_of_its_own(sock: socket.socket) -> None:
    """Should the socket be closed meanwhile, its number must not go to another connection."""
    with Scripted(sock) as copy:
        assert copy.socket_fd != sock.fileno()
        assert os.path.sameopenfile(copy.socket_fd, sock.fileno())
        sock.close()
        os.fstat(copy.socket_fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(copy.socket_fd)


@pytest.mark.skipif(sys.platform != "linux", reason="only Splice needs more descriptors than one")
def test_without_descriptors_it_leaves_none_open(
    connection: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch on descriptors would see the duplicate."""

    def none_left() -> tuple[int, int]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pipe", none_left)
    for way in incoming()[:1]:
        with pytest.raises(OSError, match="Too many open files"):
            way(connection, 0)


@given(
    moves=st.lists(st.integers(1, 5000), max_size=20),
    grants=st.lists(st.integers(1, 5000), max_size=30),
)
def test_grants_are_never_exceeded(moves: list[int], grants: list[int]) -> None:
    """However much comes at once, each slice moves its grant, or all there is."""
    left, right = socket.socketpair()
    with left, right, Scripted(left, *moves) as copy:
        for grant in grants:
            before = copy.nbytes
            outcome = copy._slice(grant)
            moved = copy.nbytes - before
            assert moved <= grant
            if outcome is Outcome.END:
                assert not copy.script
                break
            assert outcome is Outcome.MORE


LOW_WATER = (socket.SOL_SOCKET, socket.SO_RCVLOWAT)


class Receiving(Scripted):
    """Notes at each move by how many bytes the socket would be woken."""

    def __init__(self, sock: socket.socket, *script: Event) -> None:
        super().__init__(sock, *script)
        self.low_water: list[int] = []

    def move(self, nbytes: int) -> int:
        self.low_water.append(self.socket.getsockopt(*LOW_WATER))
        return super().move(nbytes)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux is where it was measured")
async def test_a_fast_sender_wakes_the_receiver_less_often(connection: socket.socket) -> None:
    """From the second slice on, inside of slices, and as long as it is fast."""
    with Receiving(connection, *[CHUNK_BYTES] * 2, BlockingIOError(), CHUNK_BYTES) as copy:
        await copy.run_slice(None)
        await copy.run_slice(None)
        await copy.run_slice(None)
    assert copy.low_water == [1, 1, 1, 131072, 131072, 1]
    assert connection.getsockopt(*LOW_WATER) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="Linux is where it was measured")
@pytest.mark.parametrize(
    ("script", "limit"),
    [
        pytest.param([CHUNK_BYTES, CHUNK_BYTES], 2 * CHUNK_BYTES, id="throttled"),
        pytest.param([CHUNK_BYTES, BlockingIOError()], None, id="slow"),
    ],
)
async def test_a_slow_or_throttled_one_wakes_it_at_once(
    connection: socket.socket, script: list[Event], limit: int | None
) -> None:
    with Receiving(connection, *script, CHUNK_BYTES) as copy:
        await copy.run_slice(limit)
        await copy.run_slice(None)
    assert set(copy.low_water) == {1}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux is where it was measured")
async def test_the_socket_is_woken_at_once_again_after_a_failure(connection: socket.socket) -> None:
    script: list[Event] = [CHUNK_BYTES, CHUNK_BYTES, BlockingIOError(), ConnectionResetError()]
    with Receiving(connection, *script) as copy:
        await copy.run_slice(None)
        with pytest.raises(ConnectionResetError):
            await copy.run_slice(None)
    assert copy.low_water[-1] == 131072
    assert connection.getsockopt(*LOW_WATER) == 1
