"""The checks that users run on streams of their own: each notices a stream that is wrong there."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream

from anyftp.testing import memory_stream_pair
from anyftp.testing._byte_stream_checks import BYTE_STREAM_CHECKS, check_byte_stream
from anyftp.testing._running import run_check
from streams.stacks import PlainStream
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Some wrong ones hang."""
    backend: Backend = request.param
    return backend


class EmptyAtTheEnd(PlainStream):
    """As a socket's recv."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        try:
            return await self.inner.receive(max_bytes)
        except anyio.EndOfStream:
            return b""


class Generous(PlainStream):
    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self.inner.receive(65536)


class Lossy(PlainStream):
    async def send(self, item: bytes) -> None:
        await self.inner.send(item[:-1] if len(item) > 20_000 else item)


class Forgetful(PlainStream):
    """Has taken bytes when it is cancelled, and gives them to nobody."""

    has_forgotten = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if self.has_forgotten:
            self.has_forgotten = False
            await self.inner.receive(3)
        try:
            return await self.inner.receive(max_bytes)
        except anyio.get_cancelled_exc_class():
            self.has_forgotten = True
            raise


class Shielded(PlainStream):
    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = b""
        with anyio.CancelScope(shield=True):
            data = await self.inner.receive(max_bytes)
        return data


class Queueing(PlainStream):
    """Who comes second waits for his turn."""

    def __init__(self, inner: ByteStream) -> None:
        super().__init__(inner)
        self.lock = anyio.Lock()

    async def receive(self, max_bytes: int = 65536) -> bytes:
        async with self.lock:
            return await self.inner.receive(max_bytes)


class OneThingAtATime(Queueing):
    async def send(self, item: bytes) -> None:
        async with self.lock:
            await self.inner.send(item)


class EndsBothWays(PlainStream):
    async def send_eof(self) -> None:
        await self.inner.send_eof()
        await self.inner.aclose()


class DropsAtItsEnd(PlainStream):
    async def send_eof(self) -> None:
        await self.inner.send_eof()
        with anyio.move_on_after(0.01):
            await self.inner.receive(20_000)


class Greedy(PlainStream):
    """Takes all that it is sent."""

    async def send(self, item: bytes) -> None:
        await anyio.sleep(0.0001)


class Vague(PlainStream):
    """Closed is as good as ended."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        try:
            return await self.inner.receive(max_bytes)
        except anyio.ClosedResourceError:
            raise anyio.EndOfStream from None


class Sleepy(PlainStream):
    """Nobody who waits hears that it is closed."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        try:
            return await self.inner.receive(max_bytes)
        except anyio.ClosedResourceError:
            await anyio.sleep_forever()
            raise


class Late(PlainStream):
    """What was sent last is never sent if it is closed."""

    last = b""

    async def send(self, item: bytes) -> None:
        await self.inner.send(self.last)
        self.last = item

    async def send_eof(self) -> None:
        await self.inner.send(self.last)
        await self.inner.send_eof()


class Patient(PlainStream):
    """Waits for its peer's end before it ends itself."""

    async def aclose(self) -> None:
        with anyio.move_on_after(3600):
            await self.inner.receive()
        await self.inner.aclose()


class Silent(PlainStream):
    """Nobody is told that the peer is gone."""

    async def send(self, item: bytes) -> None:
        try:
            await self.inner.send(item)
        except anyio.BrokenResourceError:
            await anyio.sleep_forever()


class Blunt(PlainStream):
    """The errors of the operating system, as they are."""

    async def send(self, item: bytes) -> None:
        try:
            await self.inner.send(item)
        except anyio.BrokenResourceError as error:
            raise ConnectionResetError from error


def pairs_of(kind: type[PlainStream]) -> Any:
    async def make_pair(**options: Any) -> tuple[ByteStream, ByteStream]:
        left, right = memory_stream_pair()
        return kind(left), kind(right)

    return make_pair


WRONG: dict[type[PlainStream], str] = {
    EmptyAtTheEnd: "end_of_stream",
    Generous: "receive_is_bounded",
    Lossy: "chunking_does_not_matter",
    Forgetful: "cancelled_receive_loses_nothing",
    Shielded: "every_call_is_a_cancellation_point",
    Queueing: "one_task_a_direction",
    OneThingAtATime: "both_directions_at_once",
    EndsBothWays: "half_close",
    DropsAtItsEnd: "half_close_with_unread_bytes",
    Greedy: "back_pressure",
    Vague: "closed_streams_say_so",
    Sleepy: "aclose_wakes_who_waits",
    Late: "aclose_delivers_what_was_sent",
    Patient: "aclose_is_bounded",
    Silent: "peer_closed",
}


async def test_nothing_is_wrong_with_a_good_one() -> None:
    await check_byte_stream(pairs_of(PlainStream))


@pytest.mark.parametrize("kind", [*WRONG, Blunt], ids=lambda kind: kind.__name__)
async def test_what_is_wrong_is_noticed(kind: type[PlainStream]) -> None:
    name = WRONG.get(kind, "peer_closed")
    (check,) = (each for each in BYTE_STREAM_CHECKS if each.__name__ == name)
    assert check.__doc__ is not None
    with pytest.raises(AssertionError) as caught:
        await run_check(check, pairs_of(kind))
    told = "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert check.__doc__ in told
    assert name in told


def test_each_property_has_its_wrong_stream() -> None:
    """But for those of a connection that breaks, which these cannot."""
    names = {check.__name__ for check in BYTE_STREAM_CHECKS}
    assert names - set(WRONG.values()) == {"peer_reset", "aclose_after_a_reset"}


async def test_what_is_skipped_is_not_missed() -> None:
    with pytest.raises(AssertionError, match=r"receive\(3\)"):
        await check_byte_stream(pairs_of(Generous), skip={"half_close_with_unread_bytes"})
    await check_byte_stream(
        pairs_of(Generous), skip={"receive_is_bounded", "half_close_with_unread_bytes"}
    )
