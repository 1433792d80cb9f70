"""A stream about to be opened: awaited it is its user's to end, entered it ends with the block."""

from __future__ import annotations

import pytest

from client.peer import CONTENT, Peer

pytestmark = pytest.mark.anyio


async def test_nothing_is_sent_before_it_is_awaited() -> None:
    peer = Peer()
    async with peer.client() as client:
        opening = client.download_stream("a")
        await client.noop()
        assert "RETR a" not in peer.commands
        stream = await opening
        assert await stream.read() == CONTENT
        await stream.finish()
        await client.noop()


async def test_entered_it_is_finished_at_the_end_of_the_block() -> None:
    peer = Peer()
    async with peer.client() as client:
        async with client.download_stream("a") as stream:
            assert await stream.read() == CONTENT
        await client.noop()
    assert peer.commands[-2:] == ["RETR a", "NOOP"]


async def test_a_block_that_fails_breaks_it_off_and_its_error_is_the_error() -> None:
    async with Peer().client() as client:
        with pytest.raises(KeyError):
            async with client.download_stream("a"):
                raise KeyError
        await client.noop()


async def test_a_stream_that_could_not_be_opened_ends_nothing() -> None:
    async with Peer(RETR="550 No such file").client() as client:
        with pytest.raises(FileNotFoundError):
            async with client.download_stream("a"):
                pytest.fail("the block was entered")
        await client.noop()
