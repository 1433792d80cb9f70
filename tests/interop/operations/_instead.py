"""What the client does where a server cannot do an operation, or does it otherwise."""

from __future__ import annotations

from interop.operations._place import Place


async def by_LIST(place: Place) -> None:
    """`list` and `stat` use LIST, SIZE and MDTM."""
    path = place.put("file", b"xyz")
    (entry,) = await place.client.list(place.remote)
    assert (entry.name, entry.size, entry.is_file) == ("file", 3, True)
    entry = await place.client.stat(path)
    assert (entry.name, entry.size, entry.is_file) == ("file", 3, True)


async def by_name_only(place: Place) -> None:
    """Such a file is not listed, but whoever knows its name can have it."""
    path = place.put(".hidden", b"x")
    assert await place.client.list(place.remote) == []
    assert await place.client.size(path) == 1
    async with place.client.download_stream(path) as stream:
        assert await stream.read() == b"x"
