"""Every dialect of LIST through the client, as whole listings of servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from anyftp import Entry
from client.peer import Peer, listing

pytestmark = pytest.mark.anyio

THEN = datetime(2024, 11, 23, 8, 29, tzinfo=UTC)
Told = tuple[str, str, int | None]

DAY = THEN.replace(hour=0, minute=0)

#: Lines; and what they come to: name, type, size, time of the files.
LISTINGS: dict[str, tuple[list[str], list[Told], datetime | None]] = {
    "unix": (
        [
            "total 24",
            "drwxr-xr-x   3 alice staff  4096 Nov 23  2024 .",
            "drwxr-xr-x   3 alice staff  4096 Nov 23  2024 ..",
            "drwxr-xr-x   2 alice staff  4096 Nov 23  2024 sub",
            "-rw-r--r--   1 alice staff  1234 Nov 23  2024 a b.txt",
            "lrwxrwxrwx   1 alice staff     7 Nov 23  2024 latest -> a b.txt",
        ],
        [("sub", "dir", 4096), ("a b.txt", "file", 1234), ("latest", "link", 7)],
        DAY,
    ),
    "unix-iso": (
        [
            "-rw-r--r-- 1 alice staff 1234 2024-11-23 08:29 a",
            "drwxr-xr-x 2 0 0 0 2024-11-23 08:29 d",
        ],
        [("a", "file", 1234), ("d", "dir", 0)],
        THEN,
    ),
    "unix-in-german": (
        [
            "insgesamt 8",
            "-rw-r--r--   1 alice staff  1234 23. Nov 2024 a",
            "-rw-r--r-- 1 u g 5 5. Mär 2024 b",
        ],
        [("a", "file", 1234), ("b", "file", 5)],
        DAY,
    ),
    "unix-without-group": (
        ["-rw-r--r--   1 alice  1234 Nov 23  2024 a"],
        [("a", "file", 1234)],
        DAY,
    ),
    "mac-netpresenz": (
        [
            "-------r--         326  1391972  1392298 Nov 23  2024 MegaPhone.sit",
            "drwxrwxr-x               folder        2 Nov 23  2024 network",
        ],
        [("MegaPhone.sit", "file", 1392298), ("network", "dir", 2)],
        DAY,
    ),
    "dos-two-digits": (
        [
            "11-23-24  08:29AM       <DIR>          sub",
            "11-23-24  08:29AM                 1234 a b.txt",
        ],
        [("sub", "dir", None), ("a b.txt", "file", 1234)],
        THEN,
    ),
    "dos-four-digits": (
        ["11-23-2024  08:29       <DIR>          sub", "11-23-2024  08:29            1,234,567 a"],
        [("sub", "dir", None), ("a", "file", 1_234_567)],
        THEN,
    ),
    "eplf": (
        ["+i8388621.48594,m1732350540,r,s1234,\ta b.txt", "+i8388621.50690,m1732350540,/,\tsub"],
        [("a b.txt", "file", 1234), ("sub", "dir", None)],
        THEN,
    ),
    "os400": (
        [
            "SMITH            8192 11/23/24 08:29:00 *DIR       sub/",
            "SMITH            1234 11/23/24 08:29:00 *STMF      a b.txt",
            "SMITH                                   *MEM       QRPGLESRC.HELLO",
        ],
        [("sub", "dir", None), ("a b.txt", "file", 1234), ("QRPGLESRC.HELLO", "file", None)],
        THEN,
    ),
    "vms": (
        [
            "Directory DISK$USER:[SMITH]",
            "",
            "A.TXT;3               3/4      23-NOV-2024 08:29:00  [STAFF,SMITH]  (RWED,RWED,RE,)",
            "A-RATHER-LONG-NAME-FOR-A-FILE.DAT;12",
            "                      6/8      23-NOV-2024 08:29:00  [STAFF,SMITH]  (RWED,RWED,RE,)",
            "SUB.DIR;1             1/4      23-NOV-2024 08:29:00  [STAFF,SMITH]  (RWED,RWED,RE,)",
            "",
            "Total of 3 files, 10/16 blocks.",
        ],
        [
            ("A.TXT", "file", None),
            ("A-RATHER-LONG-NAME-FOR-A-FILE.DAT", "file", None),
            ("SUB", "dir", None),
        ],
        THEN,
    ),
    "nonstop": (
        [
            "File         Code             EOF  Last Modification    Owner  RWEP",
            'LOADCONF      101            1234  23-Nov-24 08:29:00 244, 10 "NUNU"',
        ],
        [("LOADCONF", "file", 1234)],
        THEN,
    ),
    "zos-data-sets": (
        [
            "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
            "VOL001 3390   2024/11/23  1   15  FB      80 27920  PS  SMITH.DATA",
            "VOL001 3390   2024/11/23  1   15  FB      80 27920  PO  SMITH.SOURCE",
            "Migrated                                                SMITH.OLD",
        ],
        [("SMITH.DATA", "file", None), ("SMITH.SOURCE", "dir", None), ("SMITH.OLD", "other", None)],
        None,
    ),
    "zos-members": (
        [
            " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
            " HELLO     01.04 2024/01/02 2024/11/23 08:29    20    18     0 SMITH",
        ],
        [("HELLO", "file", None)],
        THEN,
    ),
    "netware": (
        [
            "total 0",
            "d [RWCEAFMS] admin                          512 Nov 23  2024 sub",
            "- [R----F--] smith                         1234 Nov 23  2024 a.txt",
        ],
        [("sub", "dir", 512), ("a.txt", "file", 1234)],
        DAY,
    ),
    "os2": (
        [
            "                 0           DIR   11-23-24   08:29  SUB",
            "              1234      A          11-23-24   08:29  A.TXT",
        ],
        [("SUB", "dir", None), ("A.TXT", "file", 1234)],
        THEN,
    ),
}


def told(entry: Entry) -> Told:
    return entry.name, entry.type, entry.size


@pytest.mark.parametrize("dialect", LISTINGS)
async def test_a_listing(dialect: str) -> None:
    lines, expected, when = LISTINGS[dialect]
    peer = Peer(MLSD="500 what?", LIST=listing(*lines))
    async with peer.client() as client:
        entries = await client.list()
        one_by_one = [told(entry) async for entry in client.list()]
    assert [told(entry) for entry in entries] == one_by_one == expected
    first = next((entry for entry in entries if entry.is_file), entries[0])
    assert first.modified == when


@pytest.mark.parametrize("dialect", sorted(LISTINGS.keys() - {"eplf", "zos-data-sets"}))
async def test_times_are_those_of_the_servers_zone(dialect: str) -> None:
    lines, _, when = LISTINGS[dialect]
    zone = timezone(timedelta(hours=-5))
    peer = Peer(MLSD="500 what?", LIST=listing(*lines))
    async with peer.client(server_zone=zone) as client:
        entries = await client.list()
    first = next(entry for entry in entries if entry.is_file)
    assert when is not None
    assert first.modified == when.replace(tzinfo=zone)


@pytest.mark.parametrize("dialect", LISTINGS)
async def test_names_become_paths(dialect: str) -> None:
    lines, expected, _ = LISTINGS[dialect]
    peer = Peer(MLSD="500 what?", LIST=listing(*lines))
    async with peer.client() as client:
        assert [str(entry.path) for entry in await client.list("x/y")] == [
            f"x/y/{name}" for name, *_ in expected
        ]
