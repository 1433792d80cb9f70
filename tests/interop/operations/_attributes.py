"""Size, time, kind and mode of files."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from anyftp import PermanentReplyError
from interop.operations._place import CONTENT, LONG_AGO, Place


async def stat_a_file(place: Place) -> None:
    entry = await place.client.stat(place.put("file"))
    assert (entry.name, entry.size, entry.is_file) == ("file", len(CONTENT), True)
    assert entry.modified is not None
    assert abs(datetime.now(UTC) - entry.modified) < timedelta(minutes=2)


async def stat_a_folder(place: Place) -> None:
    entry = await place.client.stat(place.put_folder("sub"))
    assert (entry.name, entry.is_dir) == ("sub", True)


async def stat_what_is_missing(place: Place) -> None:
    with pytest.raises(PermanentReplyError) as caught:
        await place.client.stat(place.remote / "missing")
    assert caught.value.code == "550"


async def exists(place: Place) -> None:
    assert await place.client.exists(place.put("file"))
    assert await place.client.exists(place.put_folder("sub"))
    assert not await place.client.exists(place.remote / "missing")


async def is_file(place: Place) -> None:
    assert await place.client.is_file(place.put("file"))
    assert not await place.client.is_file(place.put_folder("sub"))
    assert not await place.client.is_file(place.remote / "missing")


async def is_dir(place: Place) -> None:
    assert not await place.client.is_dir(place.put("file"))
    assert await place.client.is_dir(place.put_folder("sub"))
    assert not await place.client.is_dir(place.remote / "missing")


async def links_are_what_they_lead_to(place: Place) -> None:
    place.put("file")
    place.put_folder("sub")
    (place.stored / "to file").symlink_to("file")
    (place.stored / "to sub").symlink_to("sub")
    assert await place.client.is_file(place.remote / "to file")
    assert await place.client.is_dir(place.remote / "to sub")


async def size(place: Place) -> None:
    assert await place.client.size(place.put("file")) == len(CONTENT)


async def size_of_what_is_missing(place: Place) -> None:
    with pytest.raises(PermanentReplyError):
        await place.client.size(place.remote / "missing")


async def modified(place: Place) -> None:
    path = place.put("file")
    os.utime(place.stored / "file", (0, LONG_AGO.timestamp()))
    assert await place.client.modified(path) == LONG_AGO


async def set_modified(place: Place) -> None:
    path = place.put("file")
    await place.client.set_modified(path, LONG_AGO)
    assert (place.stored / "file").stat().st_mtime == LONG_AGO.timestamp()


async def chmod(place: Place) -> None:
    path = place.put("file")
    await place.client.chmod(path, 0o640)
    assert (place.stored / "file").stat().st_mode & 0o7777 == 0o640
