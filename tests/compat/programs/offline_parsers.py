"""Parsers without a connection, on listings that somebody kept; entries made by hand."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib
from unittest import mock

import aioftp
import aioftp.client

KEPT = [
    b"-rw-r--r--   1 owner group       5 Sep 26  2020 fixture.txt\r\n",
    b"drwxr-xr-x   2 owner group    4096 Jan  1  2021 a folder with blanks\r\n",
    b"lrwxrwxrwx   1 0     0           7 Mar  3  2019 link -> target\r\n",
    b"-rwsr-xr-t   1 root  root  1234567 Dec 31  2022 tool\r\n",
    b"02/14/2021  03:04PM       <DIR>          docs\r\n",
    b"11/03/2020  10:20 AM               1234 report.pdf\r\n",
    b"nonsense\r\n",
    b"",
]
FACTS = [
    b"type=file;size=12;modify=20200101000000; name with blanks\r\n",
    "Type=dir;Modify=20200101000000.123; pub\r\n",
    b"type=OS.unix=slink:/target;size=3; link\r\n",
    b"size=3;type=file;  leading\r\n",
]


class Catalogue:
    """The program whose test this is."""

    def __init__(self, client: aioftp.Client) -> None:
        self.client = client

    async def sizes(self) -> dict[str, int]:
        """Files and their sizes."""
        found = await self.client.list(recursive=True)
        return {str(path): int(info["size"]) for path, info in found if info["type"] == "file"}


async def main(root: pathlib.Path) -> list[object]:
    """All of them."""
    client = aioftp.Client()
    told: list[object] = []
    for line in KEPT:
        try:
            path, info = client.parse_list_line(line)
        except ValueError:
            told.append("ValueError")
        else:
            told.append((str(path), sorted(info.items())))
    told += [(str(path), dict(info)) for path, info in map(client.parse_mlsx_line, FACTS)]
    told.append(client.parse_pasv_response(" Entering (127,0,0,1,4,1)"))
    told.append(client.parse_epsv_response(" Entering (|||1025|)"))
    told.append(str(client.parse_directory_response(' "/a ""b"" c" is where')))
    info = aioftp.client.UnixListInfo(
        {
            "modify": "20200101000000",
            "type": "file",
            "unix.links": "1",
            "unix.mode": 0o644,
            "unix.owner": "o",
            "unix.group": "g",
            "size": "7",
        }
    )
    stand_in = mock.MagicMock(spec=aioftp.client.Client)
    stand_in.list = mock.AsyncMock(
        return_value=[
            (pathlib.PurePosixPath("a"), info),
            (pathlib.PurePosixPath("b"), aioftp.client.BasicListInfo(modify="", type="dir")),
        ]
    )
    told.append(await Catalogue(stand_in).sizes())
    told.append(stand_in.list.await_args.kwargs)
    error = aioftp.StatusCodeError("1xx", aioftp.Code("502"), ["no such verb"])
    told.append((str(error), error.received_codes, error.received_codes[-1].matches("50x")))
    return told
