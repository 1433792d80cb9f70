"""What the client does where a server cannot do an operation, or does it otherwise."""

from __future__ import annotations

import os

import pytest

from anyftp import PermanentReplyError, ReplyError, TransientReplyError
from interop.operations._place import CONTENT, LONG_AGO, TEXT, Place


async def nothing(place: Place) -> None:
    """Nothing takes its place."""
    assert await place.client.size(place.put("file")) == len(CONTENT)


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


async def with_question_marks(place: Place) -> None:
    """The other files of such a folder are listed and can be had."""
    place.put(b"caf\xe9".decode("utf-8", "surrogateescape"), b"x")
    path = place.put("other")
    assert sorted(e.name for e in await place.client.list(place.remote)) == ["caf?", "other"]
    with pytest.raises(PermanentReplyError):
        await place.client.download(place.remote / "caf?", place.mine / "file")
    assert await place.client.size(path) == len(CONTENT)


async def by_PWD(place: Place) -> None:
    """Any other command, such as PWD, keeps the connection alive."""
    assert await place.client.get_current_directory()


async def no_features(place: Place) -> None:
    """`features` gives an empty mapping; what the server can do is found out by trying."""
    assert await place.client.features() == {}
    path = place.put("file")
    assert await place.client.size(path) == len(CONTENT)


async def refused_as_if_for_now(place: Place) -> None:
    """That is raised as a `TransientReplyError`; the folder stays as it is."""
    folder = place.put_folder("full")
    place.put("full/file")
    with pytest.raises(TransientReplyError):
        await place.client.remove_directory(folder)
    assert place.files() == {"full/file": CONTENT}


async def by_remove_directory(place: Place) -> None:
    """`remove_directory` is refused and leaves both alone."""
    place.put_folder("kept")
    place.put("kept/file", b"x")
    (place.stored / "link").symlink_to("kept")
    with pytest.raises(ReplyError):
        await place.client.remove_directory(place.remote / "link")
    assert place.names() == ["kept", "link"]
    assert place.files() == {"kept/file": b"x"}


async def other_names(place: Place) -> None:
    """The client says that it is disconnected; another connection works where no such name is."""
    async with place.connect() as client:
        place.put("Füße")
        assert [entry.name for entry in await client.list(place.remote)] == ["Füße"]


async def unconverted_down(place: Place) -> None:
    """The bytes arrive as they are; `download` with `kind="A"` copes with that."""
    path = place.put("file", TEXT)
    async with place.client.get_stream("RETR", str(path), kind="A") as stream:
        assert await stream.read() == TEXT
    await place.client.download(path, place.mine / "file", kind="A")
    assert place.my_files() == {"file": TEXT}


async def unconverted_up(place: Place) -> None:
    """The file there has CRLF at the ends of its lines."""
    (place.mine / "file").write_bytes(TEXT)
    await place.client.upload(place.mine / "file", place.remote / "file", kind="A")
    assert place.files() == {"file": TEXT.replace(b"\n", b"\r\n")}


async def by_list(place: Place) -> None:
    """`list` tells the names."""
    place.put("one", b"x")
    place.put("two", b"x")
    assert {entry.name for entry in await place.client.list(place.remote)} == {"one", "two"}


async def named_as_untimed(place: Place) -> None:
    """The report says so, in `untimed`."""
    (place.mine / "file").write_bytes(CONTENT)
    os.utime(place.mine / "file", (0, LONG_AGO.timestamp()))
    path = place.remote / "file"
    report = await place.client.upload(place.mine / "file", path, keep_times=True)
    assert [str(each) for each in report.untimed] == [str(path)]
    assert place.files() == {"file": CONTENT}
