"""Whole files, to and from the disk."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

import pytest

from anyftp import PermanentReplyError, Progress, ReplyError, StreamThrottle
from interop.operations._place import CONTENT, LARGE, LONG_AGO, Place


async def _there_and_back(place: Place, content: bytes, name: str = "file") -> None:
    (place.mine / "mine").write_bytes(content)
    report = await place.client.upload(place.mine / "mine", place.remote / name)
    assert (report.nbytes, report.files) == (len(content), 1)
    assert place.files() == {name: content}
    report = await place.client.download(place.remote / name, place.mine / "copy")
    assert (report.nbytes, report.files) == (len(content), 1)
    assert place.my_files() == {"mine": content, "copy": content}


async def a_file_up_and_down(place: Place) -> None:
    await _there_and_back(place, CONTENT)


async def an_empty_file_up_and_down(place: Place) -> None:
    await _there_and_back(place, b"")


async def one_byte_up_and_down(place: Place) -> None:
    await _there_and_back(place, b"\n")


async def three_MiB_up_and_down(place: Place) -> None:
    await _there_and_back(place, LARGE)


async def a_strange_name_up_and_down(place: Place) -> None:
    await _there_and_back(place, CONTENT, ' "Füße" [1] -> *')


async def download_into_a_folder(place: Place) -> None:
    await place.client.download(place.put("file"), place.mine)
    assert place.my_files() == {"file": CONTENT}


async def upload_into_a_folder(place: Place) -> None:
    (place.mine / "file").write_bytes(CONTENT)
    await place.client.upload(place.mine / "file", place.put_folder("sub"))
    assert place.files() == {"sub/file": CONTENT}


async def overwrite_by_upload(place: Place) -> None:
    (place.mine / "file").write_bytes(b"short")
    await place.client.upload(place.mine / "file", place.put("file"))
    assert place.files() == {"file": b"short"}


async def overwrite_by_download(place: Place) -> None:
    (place.mine / "file").write_bytes(CONTENT + b"tail")
    await place.client.download(place.put("file", b"short"), place.mine / "file")
    assert place.my_files() == {"file": b"short"}


async def download_what_is_missing(place: Place) -> None:
    with pytest.raises(PermanentReplyError):
        await place.client.download(place.remote / "missing", place.mine / "file")
    assert place.my_files() == {}


async def upload_to_where_is_no_folder(place: Place) -> None:
    (place.mine / "file").write_bytes(CONTENT)
    with pytest.raises(ReplyError):
        await place.client.upload(place.mine / "file", place.remote / "missing" / "file")
    assert place.names() == []


async def resume_a_download(place: Place) -> None:
    def break_off(progress: Progress) -> None:
        if progress.nbytes > 500_000:
            raise ZeroDivisionError

    path = place.put("file", LARGE)
    slow = StreamThrottle.from_limits(1_500_000, None)  # or all is there before progress is told
    with pytest.raises(ZeroDivisionError):
        await place.client.download(
            path, place.mine / "file", resume=True, progress=break_off, throttle=slow
        )
    assert not (place.mine / "file").exists()
    report = await place.client.download(path, place.mine / "file", resume=True)
    assert 0 < report.nbytes < len(LARGE)
    assert place.my_files() == {"file": LARGE}


async def download_in_segments(place: Place) -> None:
    content = LARGE * 2
    path = place.put("file", content)
    report = await place.client.download(path, place.mine / "file", segments=3)
    assert place.my_files() == {"file": content}
    assert report.nbytes < len(content) * 3 // 2  # not once more in one piece


async def resume_an_upload(place: Place) -> None:
    (place.mine / "file").write_bytes(CONTENT)
    path = place.put("file", CONTENT[:30_000])
    report = await place.client.upload(place.mine / "file", path, resume=True)
    assert report.nbytes == len(CONTENT) - 30_000
    assert place.files() == {"file": CONTENT}


async def resume_what_is_whole(place: Place) -> None:
    (place.mine / "file").write_bytes(CONTENT)
    path = place.put("file")
    assert (await place.client.upload(place.mine / "file", path, resume=True)).nbytes == 0
    assert (await place.client.download(path, place.mine / "file", resume=True)).nbytes == 0
    assert place.files() == place.my_files() == {"file": CONTENT}


async def keep_times_of_an_upload(place: Place) -> None:
    (place.mine / "file").write_bytes(CONTENT)
    os.utime(place.mine / "file", (0, LONG_AGO.timestamp()))
    await place.client.upload(place.mine / "file", place.remote / "file", keep_times=True)
    assert (place.stored / "file").stat().st_mtime == LONG_AGO.timestamp()


async def keep_times_of_a_download(place: Place) -> None:
    path = place.put("file")
    os.utime(place.stored / "file", (0, LONG_AGO.timestamp()))
    await place.client.download(path, place.mine / "file", keep_times=True)
    assert (place.mine / "file").stat().st_mtime == LONG_AGO.timestamp()


async def follow_progress(place: Place) -> None:
    seen: list[Progress] = []
    path = place.put("file")
    await place.client.download(path, place.mine / "file", progress=seen.append)
    await place.client.upload(place.mine / "file", path, progress=seen.append)
    assert {step.path for step in seen} == {PurePosixPath(path)}
    assert seen[-1].nbytes == seen[-1].total == len(CONTENT)


async def throttled_transfers(place: Place) -> None:
    path = place.put("file")
    slow = StreamThrottle.from_limits(1_500_000, 1_500_000)
    down = await place.client.download(path, place.mine / "file", throttle=slow)
    up = await place.client.upload(place.mine / "file", path, throttle=slow)
    for report in (down, up):
        assert report.nbytes == len(CONTENT)
        assert report.seconds_throttle > 0
    assert place.files() == place.my_files() == {"file": CONTENT}
