"""Listings as long and as odd as a server likes: the loop goes on, and memory has a bound.

What is measured is the longest piece of work between two turns of another task, in CPU seconds of
this thread. Python's garbage collector is off: how long it takes is a matter of how much there is
in the whole process, and bounded by what may be gathered.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import Client, Entry, FTPError, ListingError
from client.peer import Peer, listing, send_data
from client.test_floods import LIMIT_SECONDS, Watchdog
from support.clocks import BRISK_BACKENDS, Backend
from support.depth import IS_DEEP, deep

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture(params=BRISK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Without asyncio's debug mode, which is what would hold the loop."""
    gc.collect()
    gc.disable()
    yield request.param
    gc.enable()


def lines(form: str, count: int) -> bytes:
    return "".join(form.format(n) + "\r\n" for n in range(count)).encode()


#: Fewer of them, seen to in one go, would hold the loop for too long in most places.
MANY = deep(30_000, 100_000)

_FACTS = "".join(f"x{n}=1;" for n in range(2000))  # some 14 KB of them

#: Whole listings, as MLSD; none is longer than may be gathered.
MLSD = {
    "files": lines("type=file;size=1;modify=20200101000000; f{}", MANY),
    "folders": lines("type=dir;modify=20200101000000; d{}", MANY),
    "itself": lines("type=cdir; f{}", MANY),
    "paths": lines("type=file; /a/b/f{}", MANY),
    "odd": lines("zzz{}", MANY),
    "many-facts": lines("type=file;" + _FACTS + " f{}", 100),
    "unusual": lines("Type=File;siZe=1;mOdify=20200101000000;x.y=z; f{}", MANY),
    "empty": b"\r\n" * 200_000,
    "two-lines": b"x" * 2_000_000 + b"\r\n" + b"y" * 2_000_000,
}

_UNIX = "-rw-r--r-- 1 user group 5 Jan 01 2020 "
#: The same as LIST.
LIST = {
    "files": lines(_UNIX + "f{}", MANY),
    "folders": lines("drwxr-xr-x 1 user group 5 Jan 01 2020 d{}", MANY),
    "odd": lines("zzz{}", MANY),
    "half-odd": lines("-rw-r--r-- 1 user group 5 Foo 99 bar f{}", MANY // 2),
    "wide": (_UNIX.replace("5", "5" + " " * 16_000) + "f\r\n").encode() * 20,
    "columns": ("-rw-r--r-- " + "1 " * 8000 + "\r\n").encode() * 20,
    "netware": ("- [RWCEAFMS] u 5 Jan 01 2020" + " " * 16_000 + "\r\n").encode() * 20,
}

DATA = {"MLSD": MLSD, "LIST": LIST}
PLAIN = {(dialect, name) for dialect in DATA for name in ("files", "folders")}

Call = Callable[[Client, Path], Awaitable[object]]


async def gathered(client: Client, here: Path) -> list[Entry]:
    return await client.list("x")


async def iterated(client: Client, here: Path) -> None:
    async for entry in client.list("x"):
        assert entry.size != 7


async def with_commands(client: Client, here: Path) -> None:
    async for _ in client.list("x"):
        await client.noop()
        break


async def recursive(client: Client, here: Path) -> None:
    await client.list("x", recursive=True)


async def whole(client: Client, here: Path) -> None:
    await client.list("x").whole()


async def walked(client: Client, here: Path) -> None:
    nfolders = 0
    async for _ in client.walk("x"):
        if (nfolders := nfolders + 1) == 2:
            return


async def globbed(client: Client, here: Path) -> None:
    found = client.glob("x/*[ab]*/**")
    for _ in range(3):
        await anext(found)


async def downloaded(client: Client, here: Path) -> None:
    await client.download("x/", here, on_error=lambda path, error: None)


async def mirrored(client: Client, here: Path) -> None:
    await client.mirror_download("x", here, dry_run=True, on_error=lambda path, error: None)


async def mirrored_there(client: Client, here: Path) -> None:
    await client.mirror_upload(
        here, "x", dry_run=True, delete=True, allow_empty=True, on_error=lambda path, error: None
    )


async def looked_for(client: Client, here: Path) -> None:
    await client.exists("x/f9")


async def removed(client: Client, here: Path) -> None:
    await client.remove("x")


async def recursive_iterated(client: Client, here: Path) -> None:
    async for _ in client.list("x", recursive=True):
        pass


async def walked_all(client: Client, here: Path) -> None:
    async for _ in client.walk("x"):
        pass


async def globbed_all(client: Client, here: Path) -> None:
    async for _ in client.glob("x/**/f"):
        pass


CALLS: list[Call] = [gathered, iterated, with_commands, recursive, whole, walked, globbed]
CALLS += [downloaded, mirrored, mirrored_there, looked_for, removed]


#: What is done with entries is tried with the plain ones, what is done with lines by the first.
#: Each call has files and folders, by MLSD and by LIST, but not all four.
ODD = {(dialect, name) for dialect in DATA for name in DATA[dialect]} - PLAIN
CASES = [
    *[
        ((dialect, name), call)
        for (a, dialect), (b, name), (c, call) in product(
            enumerate(DATA), enumerate(("files", "folders")), enumerate(CALLS)
        )
        if IS_DEEP or (a + b + c) % 2 == 0
    ],
    *product(sorted(ODD), CALLS if IS_DEEP else CALLS[:1]),
]


@pytest.mark.one_loop  # what is measured is what is done between two turns
@pytest.mark.parametrize(
    ("listed", "call"),
    CASES,
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value.__name__,
)
async def test_no_listing_holds_the_loop(
    listed: tuple[str, str], call: Call, tmp_path: Path
) -> None:
    dialect, name = listed

    async def send(peer: Peer, argument: str) -> None:
        await send_data(peer, DATA[dialect][name])

    answers: dict[str, Any] = {"MLSD": send, "LIST": send, "CWD": "250 here you are"}
    answers |= {"DELE": "550 no", "RMD": "550 not empty", "RETR": "550 no"}
    if dialect == "LIST":
        answers |= {"MLSD": "500 what?", "MLST": "500 what?", "FEAT": "500 what?"}
    watchdog = Watchdog()
    async with (
        Peer(**answers).client(timeout=5, close_timeout=0.3, max_depth=2) as client,
        anyio.create_task_group() as group,
    ):
        await group.start(watchdog.run)
        with anyio.move_on_after(deep(1, 6)), suppress(FTPError, StopAsyncIteration):
            await call(client, tmp_path)
        group.cancel_scope.cancel()
    assert watchdog.longest < LIMIT_SECONDS


# Memory


async def endless(peer: Peer, argument: str) -> None:
    """Files and folders without end."""
    block = lines("type=file; f{0}", 500) + lines("type=dir; d{0}", 500)
    await peer.say("150 it comes")
    data = await peer.accept_data()
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            await data.send(block)
    await peer.say("426 broken off")


@pytest.mark.parametrize(
    "call",
    [gathered, recursive, whole, walked, globbed, downloaded, mirrored, mirrored_there],
    ids=lambda call: call.__name__,
)
async def test_a_listing_without_end_has_one(call: Call, tmp_path: Path) -> None:
    peer = Peer(MLSD=endless, ABOR="225 no transfer", RETR="550 no folder")
    async with peer.client(timeout=5, close_timeout=5, max_entries=3000) as client:
        with pytest.raises(ListingError, match=r"more than 3000 .*\(max_entries\)"):
            await call(client, tmp_path)
        await client.noop()


async def take(entries: AsyncIterator[Entry], count: int) -> None:
    for _ in range(count):
        await anext(entries)


async def test_the_rest_of_a_listing_without_end_is_not_kept(tmp_path: Path) -> None:
    """An iterated one has no bound, until a command comes in between and the rest is kept."""
    peer = Peer(MLSD=endless, ABOR="225 no transfer")
    async with peer.client(timeout=5, close_timeout=5, max_entries=3000) as client:
        entries = aiter(client.list())
        await take(entries, 10_000)
        await client.noop()
        with pytest.raises(ListingError, match="more than 3000"):
            await take(entries, 20_000)
        await client.noop()


@pytest.mark.parametrize(
    "call",
    [recursive_iterated, walked_all, globbed_all, downloaded, mirrored],
    ids=lambda c: c.__name__,
)
async def test_a_tree_without_end_has_one(call: Call, tmp_path: Path) -> None:
    """Each folder has many in it."""
    peer = Peer(MLSD=listing(*(f"type=dir; d{n}" for n in range(40))), RETR="550 no folder")
    async with peer.client(max_tree_entries=500) as client:
        with pytest.raises(ListingError, match=r"more than 500 .*\(max_tree_entries\)"):
            await call(client, tmp_path)
        await client.noop()


async def test_names_that_nobody_can_use_are_not_gathered_without_end(tmp_path: Path) -> None:
    names = [f"type=OS.unix=chr-1/1; c{n}" for n in range(100)]
    peer = Peer(MLSD=listing("type=dir; d", *names), RETR="550 no folder")
    async with peer.client(max_tree_entries=500) as client:
        with pytest.raises(ListingError, match="max_tree_entries"):
            await client.download("x/", tmp_path)


async def test_a_tree_that_is_removed_is_not_kept_without_end() -> None:
    names = [f"type=dir; d{n}" for n in range(100)]
    peer = Peer(MLSD=listing(*names), DELE="550 no", RMD="550 not empty")
    async with peer.client(max_tree_entries=500) as client:
        with pytest.raises(ListingError, match="max_tree_entries"):
            await client.remove("x")
