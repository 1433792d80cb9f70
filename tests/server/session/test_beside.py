"""What runs beside a session ends with it, and its failure is the session's alone."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from anyftp._protocol import Reply
from anyftp._server import Session
from anyftp._server._session._beside import Beside
from server.probe import Probe, server_of, serving

pytestmark = pytest.mark.anyio


class Watched:
    """Tasks that say how they have ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.failures: list[BaseException] = []

    async def for_ever(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            self.ended.append("cancelled")

    async def slow_to_end(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                for _ in range(20):
                    await checkpoint()
                self.ended.append("slow")

    async def fails(self) -> None:
        await checkpoint()
        raise LookupError("on purpose")

    async def cancels_itself(self) -> None:
        """As a file system with tasks of its own may let a cancellation out."""
        raise anyio.get_cancelled_exc_class()


async def test_all_of_it_is_cancelled_and_waited_for() -> None:
    watched = Watched()
    async with anyio.create_task_group() as tasks:
        beside = Beside(tasks, watched.failures.append)
        beside.start_soon(watched.for_ever)
        beside.start_soon(watched.slow_to_end)
        await checkpoint()
        await checkpoint()
        await beside.end()
        assert sorted(watched.ended) == ["cancelled", "slow"]
        assert not watched.failures


async def test_the_end_waits_though_it_is_cancelled() -> None:
    watched = Watched()
    async with anyio.create_task_group() as tasks:
        beside = Beside(tasks, watched.failures.append)
        beside.start_soon(watched.slow_to_end)
        await checkpoint()
        await checkpoint()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await beside.end()
        assert watched.ended == ["slow"]


async def test_what_is_begun_at_the_end_ends_as_well() -> None:
    watched = Watched()
    async with anyio.create_task_group() as tasks:
        beside = Beside(tasks, watched.failures.append)

        async def goes_on() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                beside.start_soon(watched.for_ever)

        beside.start_soon(goes_on)
        await checkpoint()
        await checkpoint()
        with anyio.fail_after(2):
            await beside.end()
        beside.start_soon(watched.for_ever)
    assert not watched.failures


async def test_failures_are_told_and_harm_nobody_else() -> None:
    watched = Watched()
    async with anyio.create_task_group() as tasks:
        beside = Beside(tasks, watched.failures.append)
        for task in (watched.fails, watched.cancels_itself):
            beside.start_soon(task)
        other = Beside(tasks, watched.failures.append)
        other.start_soon(watched.for_ever)
        for _ in range(5):
            await checkpoint()
        assert not watched.ended
        await beside.end()
        await other.end()
    assert LookupError in {type(failure) for failure in watched.failures}
    assert watched.ended == ["cancelled"]


async def test_a_session_ends_when_what_runs_beside_it_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watched = Watched()

    async def begin(session: Session, argument: str) -> Reply:
        assert session.tasks is not None
        session.tasks.start_soon(watched.for_ever)
        session.tasks.start_soon(watched.fails)
        return Reply("200", ("Begun.",))

    async with (
        serving(server_of(handlers={"XBEG": begin})) as address,
        await Probe.connect(address) as probe,
        await Probe.connect(address) as other,
    ):
        await probe.reply()
        await other.reply()
        assert (await probe.ask("XBEG"))[:3] == "200"
        with pytest.raises(EOFError), anyio.fail_after(5):
            await probe.reply()
        assert watched.ended == ["cancelled"]
        assert (await other.ask("NOOP"))[:3] == "200"
    assert "what ran beside the session" in caplog.text
