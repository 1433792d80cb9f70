"""Transfers broken off, by the user, by cancellation, by time; and going on afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NoReturn

import anyio
import pytest

from anyftp import Progress
from interop.operations._place import CONTENT, LARGE, Place


async def _go_on(place: Place) -> None:
    """The next transfers are whole, whatever was given up before."""
    path = place.put("next")
    async with place.client.download_stream(path) as stream:
        assert await stream.read() == CONTENT
    async with place.client.upload_stream(path) as stream:
        await stream.write(CONTENT[::-1])
    assert (place.stored / "next").read_bytes() == CONTENT[::-1]
    assert await place.client.size(path) == len(CONTENT)


async def leave_a_download_early(place: Place) -> None:
    async with place.client.download_stream(place.put("large", LARGE)) as stream:
        assert await stream.readexactly(1000) == LARGE[:1000]
    await _go_on(place)


async def abort_a_download(place: Place) -> None:
    stream = await place.client.download_stream(place.put("large", LARGE))
    assert await stream.readexactly(1000) == LARGE[:1000]
    await place.client.abort()
    await _go_on(place)


async def abort_an_upload(place: Place) -> None:
    stream = await place.client.upload_stream(place.remote / "half")
    await stream.write(CONTENT)
    await place.client.abort()
    await _go_on(place)


async def abort_a_download_that_has_ended(place: Place) -> None:
    stream = await place.client.download_stream(place.put("file"))
    assert await stream.read() == CONTENT
    await place.client.abort()
    await _go_on(place)


async def close_a_download_by_hand(place: Place) -> None:
    stream = await place.client.download_stream(place.put("large", LARGE))
    await stream.readexactly(1000)
    stream.close()
    await _go_on(place)


async def cancel_a_download_stream(place: Place) -> None:
    path = place.put("large", LARGE)
    with anyio.CancelScope() as scope:
        async with place.client.download_stream(path) as stream:
            await stream.readexactly(1000)
            scope.cancel()
            await stream.read()
    assert scope.cancelled_caught
    await _go_on(place)


async def cancel_an_upload_stream(place: Place) -> None:
    with anyio.CancelScope() as scope:
        async with place.client.upload_stream(place.remote / "half") as stream:
            await stream.write(CONTENT)
            scope.cancel()
            await stream.write(LARGE)
    assert scope.cancelled_caught
    await _go_on(place)


async def fail_in_a_download_stream(place: Place) -> None:
    path = place.put("large", LARGE)
    with contextlib.suppress(ZeroDivisionError):
        async with place.client.download_stream(path) as stream:
            await stream.readexactly(1000)
            raise ZeroDivisionError
    await _go_on(place)


async def cancel_a_download_to_a_file(place: Place) -> None:
    path = place.put("large", LARGE)
    with anyio.CancelScope() as scope:
        await place.client.download(path, place.mine / "large", progress=_cancelling(scope))
    assert scope.cancelled_caught
    assert place.my_files() == {}
    await _go_on(place)


async def cancel_an_upload_from_a_file(place: Place) -> None:
    (place.mine / "large").write_bytes(LARGE)
    with anyio.CancelScope() as scope:
        await place.client.upload(
            place.mine / "large", place.remote / "half", progress=_cancelling(scope)
        )
    assert scope.cancelled_caught
    await _go_on(place)


async def run_out_of_time_in_a_download(place: Place) -> None:
    path = place.put("large", LARGE)
    with anyio.move_on_after(10) as scope:
        async with place.client.download_stream(path) as stream:
            await stream.readexactly(1000)
            scope.deadline = anyio.current_time()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    await _go_on(place)


async def fail_in_the_progress_of_a_download(place: Place) -> None:
    def fail(progress: Progress) -> NoReturn:
        raise ZeroDivisionError

    path = place.put("large", LARGE)
    with pytest.raises(ZeroDivisionError):
        await place.client.download(path, place.mine / "large", progress=fail)
    assert place.my_files() == {}
    await _go_on(place)


async def cancel_the_opening_of_a_stream(place: Place) -> None:
    path = place.put("large", LARGE)
    with anyio.CancelScope() as scope:
        scope.cancel()
        async with place.client.download_stream(path) as stream:
            await stream.read()
    assert scope.cancelled_caught
    await _go_on(place)


async def cancel_a_listing(place: Place) -> None:
    for number in range(50):
        place.put(str(number), b"x")
    with anyio.CancelScope() as scope:
        listing = aiter(place.client.list(place.remote))
        await anext(listing)
        scope.cancel()
        await place.client.size(place.remote / "1")
    assert scope.cancelled_caught
    await _go_on(place)


def _cancelling(scope: anyio.CancelScope) -> Callable[[Progress], None]:
    def cancel(progress: Progress) -> None:
        scope.cancel()

    return cancel
