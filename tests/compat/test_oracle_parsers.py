"""aioftp's parsers of replies and listings, and ours: what is the same, what differs on purpose."""

from __future__ import annotations

import datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import anyftp_compat
from support.depth import deep

NOW = datetime.datetime(2026, 3, 1, 12, 0)


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


def parsed(package: Any, name: str, argument: Any, **options: Any) -> Any:
    """What a parser gives, or the name of what it raises."""
    try:
        return getattr(package.Client(), name)(argument, **options)
    except Exception as error:
        return type(error).__name__


SAME: dict[str, list[Any]] = {
    "parse_epsv_response": [
        "Entering Extended Passive Mode (|||6446|)",
        "(|||1|)",
        "229 (!!!1!)",
    ],
    "parse_pasv_response": [
        "Entering Passive Mode (127,0,0,1,4,1).",
        "Entering Passive Mode (127,0,0,1,4,1)",
        "",
    ],
    "parse_directory_response": [
        ' "/a/b" is current',
        '"/with ""quotes"" inside"',
        "none",
        "",
        ' "/" ',
        '"relative"',
        '"a" "b"',
    ],
    "parse_unix_mode": ["rwxr-xr-x", "---------", "rw-r--r--", "rwxrwxrwx"],
    "format_date_time": [datetime.datetime(2020, 1, 2, 3, 4, 5), datetime.datetime(1999, 12, 31)],
    "parse_list_line_unix": [
        b"-rw-r--r--   1 owner  group   12345 Jan 01  2020 file.txt\r\n",
        b"drwxr-xr-x   2 o g 4096 Jan 01  2020 dir",
        b"lrwxrwxrwx 1 o g 7 Jan 01  2020 link -> target",
        b"-rw-r--r-- 1 o g 1 Jan 01  2020 n\xc3\xa4me",
        b"-rw-r--r-- 1 1000 1000 1 Jan 01  2020 .",
        b"drwxr-xr-x 1 o g 1 Jan 01  2020 ..",
        b"-rw-r--r-- 1 o g 1 Jan  1  2020 a -> b",
        b"-rw-r--r-- 1 o g 18446744073709551616 Jan 01  2020 huge",
        b"-rw-r--r-- 1 o g 1 Jan 01  2020 with  blanks",
    ],
    "parse_list_line_windows": [b"", b"garbage", b"-rw-r--r-- 1 o g 1 Jan 01  2020 x"],
    "parse_list_line": [b"total 3", b"", b"garbage", b"drwxr-xr-x   2 o g 0 Jan 01  2020 dir"],
    "parse_mlsx_line": [
        b"type=file;size=5;modify=20200101000000; name\r\n",
        b"Type=dir; x",
        b"type=OS.unix=slink:/x; l",
        b"type=file;perm=r;UNIX.mode=0644;media-type=a=b; x;y",
        "type=cdir; .",
        "type=file;size=5; n\u00e4me",
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_same(name: str, oracle: Any) -> None:
    for argument in SAME[name]:
        found = parsed(anyftp_compat, name, argument)
        assert found == parsed(oracle, name, argument), argument


def unix(name: str, type_: str = "file", mode: int = 0o644, **more: Any) -> Any:
    info = {
        "type": type_,
        "unix.mode": mode,
        "unix.links": "1",
        "unix.owner": "o",
        "unix.group": "g",
        "size": "1",
        "modify": "20200101000000",
    }
    return PurePosixPath(name), info | more


def dos(name: str, type_: str, **more: Any) -> Any:
    return PurePosixPath(name), {"modify": "20200123160500", "type": type_, **more}


#: parser, argument, what aioftp gives, what we give: rows of docs/design/compat.md.
DIFFERENT: list[tuple[str, Any, Any, Any]] = [
    ("parse_epsv_response", "nothing", "IndexError", "ValueError"),
    ("parse_epsv_response", "(|||99999|)", (None, 99999), "ValueError"),
    ("parse_pasv_response", "=127,0,0,1,4,1", "ValueError", ("127.0.0.1", 1025)),
    ("parse_pasv_response", "(1,2,3)", "IndexError", "ValueError"),
    ("parse_pasv_response", "(256,0,0,1,1,1)", ("256.0.0.1", 257), "ValueError"),
    (
        "parse_directory_response",
        '"/a ""b"""',
        PurePosixPath('/a "b'),
        PurePosixPath('/a "b"'),
    ),
    ("parse_directory_response", '"/a', PurePosixPath("/a"), PurePosixPath()),
    ("parse_unix_mode", "rwsr-sr-t", 0o7754, 0o7755),
    ("parse_unix_mode", "rwSr-Sr-T", "ValueError", 0o7644),
    ("parse_unix_mode", "rwxr-x--t", 0o1750, 0o1751),
    ("parse_unix_mode", "rwx", "KeyError", "ValueError"),
    ("parse_list_line_unix", b"total 3", "KeyError", "ValueError"),
    ("parse_list_line_unix", b"", "IndexError", "ValueError"),
    (
        "parse_list_line_unix",
        b"lrwxrwxrwx 1 o g 1 Jan 01  2020 link",
        "ValueError",
        unix("link", mode=0o777),
    ),
    (
        "parse_list_line_unix",
        b"-rw-r--r-- 1 o g 1 Jan 01  2020   blank ",
        unix("blank"),
        unix("  blank "),
    ),
    (
        "parse_list_line_unix",
        b"-rw-r--r--+ 1 o g 1 Jan 01  2020 acl",
        "ValueError",
        unix("acl"),
    ),
    (
        "parse_list_line_unix",
        b"-rw-r--r-- 1 o g 1 Jan 01  2020 n\xe4me",
        "UnicodeDecodeError",
        unix("n\udce4me"),
    ),
    (
        "parse_list_line_unix",
        b"brw-r--r-- 1 o g 8, 0 Jan 01  2020 device",
        "ValueError",
        unix("device", "unknown", size="0"),
    ),
    (
        "parse_list_line_windows",
        b"01-23-20  04:05PM       <DIR>          dir",
        "ValueError",
        dos("dir", "dir"),
    ),
    (
        "parse_list_line_windows",
        b"01-23-20  04:05PM            123 a file.txt",
        "ValueError",
        dos("a file.txt", "file", size="123"),
    ),
    (
        "parse_mlsx_line",
        b"type=file; blank ",
        (PurePosixPath("blank"), {"type": "file"}),
        (PurePosixPath("blank "), {"type": "file"}),
    ),
    ("parse_mlsx_line", b"name", (PurePosixPath(), {"nam": ""}), "ValueError"),
    (
        "parse_mlsx_line",
        b"type=file;size=5 x",
        (PurePosixPath("x"), {"type": "file", "size": ""}),
        (PurePosixPath("x"), {"type": "file", "size": "5"}),
    ),
]


@pytest.mark.parametrize(("name", "argument", "theirs", "ours"), DIFFERENT)
def test_different(name: str, argument: Any, theirs: Any, ours: Any, oracle: Any) -> None:
    assert parsed(oracle, name, argument) == theirs
    assert parsed(anyftp_compat, name, argument) == ours


@pytest.mark.parametrize(
    "text",
    ["Jan  1 12:34", "Jan 01 12:34", "Mar  1 13:00", "Sep 10  2015", "Sep 10 2015", "Feb 29  2024"],
)
def test_dates(text: str, oracle: Any) -> None:
    found = parsed(anyftp_compat, "parse_ls_date", text, now=NOW)
    assert found == parsed(oracle, "parse_ls_date", text, now=NOW)


@pytest.mark.parametrize("text", ["", "xx", "Feb 29  2023", "Jan 99 2020"])
def test_what_is_no_date(text: str, oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        assert parsed(package, "parse_ls_date", text, now=NOW) == "ValueError"


def test_a_date_without_a_year_is_never_far_in_the_future(oracle: Any) -> None:
    early = datetime.datetime(2026, 1, 1, 0, 0, 1)
    assert parsed(oracle, "parse_ls_date", "Mar  2 11:00", now=early) == "20260302110000"
    assert parsed(anyftp_compat, "parse_ls_date", "Mar  2 11:00", now=early) == "20250302110000"
    assert parsed(oracle, "parse_ls_date", "Feb 29 12:00", now=NOW) == "20280229120000"
    assert parsed(anyftp_compat, "parse_ls_date", "Feb 29 12:00", now=NOW) == "20240229120000"


SOME = settings(
    max_examples=deep(30, 600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# Any text: the same, or a row of docs/design/compat.md.

_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0/"), min_size=1).filter(
    lambda name: name == name.strip() and name not in (".", "..") and " -> " not in name
)
_MODES = st.lists(st.sampled_from(["rwx", "rw-", "r-x", "r--", "---"]), min_size=3, max_size=3)


@SOME
@given(name=_NAMES, mode=_MODES, size=st.integers(0, 1 << 60), kind=st.sampled_from("-dl"))
def test_any_line_of_ls(name: str, mode: list[str], size: int, kind: str, oracle: Any) -> None:
    target = " -> target" if kind == "l" else ""
    line = f"{kind}{''.join(mode)} 1 o g {size} Jan 01  2020 {name}{target}\r\n".encode()
    expected = parsed(oracle, "parse_list_line_unix", line)
    assert parsed(anyftp_compat, "parse_list_line_unix", line) == expected
    assert parsed(anyftp_compat, "parse_list_line", line) == expected


@SOME
@given(
    name=_NAMES.filter(lambda name: ";" not in name),
    size=st.integers(0, 1 << 60),
    kind=st.sampled_from(["file", "dir", "OS.unix=slink"]),
)
def test_any_line_of_mlsd(name: str, size: int, kind: str, oracle: Any) -> None:
    line = f"Type={kind};Size={size};modify=20200101000000; {name}\r\n".encode()
    assert parsed(anyftp_compat, "parse_mlsx_line", line) == parsed(oracle, "parse_mlsx_line", line)


@SOME
@given(numbers=st.lists(st.integers(0, 255), min_size=6, max_size=6), words=_NAMES)
def test_any_port(numbers: list[int], words: str, oracle: Any) -> None:
    pasv = f"Entering Passive Mode ({','.join(map(str, numbers))})."
    epsv = f"Entering (|||{1 + numbers[4] * 256 + numbers[5] % 255}|)"
    for name, text in (("parse_pasv_response", pasv), ("parse_epsv_response", epsv)):
        if name == "parse_pasv_response" and not any(numbers[4:]):
            continue  # port 0 is refused here
        assert parsed(anyftp_compat, name, text) == parsed(oracle, name, text)
    quoted = ' "/{}" is here'.format(words.replace('"', '""').rstrip('"'))
    if not quoted.endswith('""" is here'):
        assert parsed(anyftp_compat, "parse_directory_response", quoted) == parsed(
            oracle, "parse_directory_response", quoted
        )


@SOME
@given(
    moment=st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2035, 12, 31)),
    now=st.datetimes(datetime.datetime(2020, 3, 1), datetime.datetime(2027, 2, 1)),
)
def test_any_date(moment: datetime.datetime, now: datetime.datetime, oracle: Any) -> None:
    text = moment.strftime("%b %d  %Y")
    assert parsed(anyftp_compat, "parse_ls_date", text, now=now) == parsed(
        oracle, "parse_ls_date", text, now=now
    )
    assert parsed(anyftp_compat, "format_date_time", moment) == parsed(
        oracle, "format_date_time", moment
    )
    past = now - datetime.timedelta(days=moment.day, minutes=moment.minute)
    text = past.strftime("%b %d %H:%M")
    assert parsed(anyftp_compat, "parse_ls_date", text, now=now) == parsed(
        oracle, "parse_ls_date", text, now=now
    )


@SOME
@given(line=st.binary(max_size=60))
def test_any_line(line: bytes, oracle: Any) -> None:
    """Nonsense is a ValueError and nothing else."""
    for name in ("parse_list_line", "parse_list_line_unix", "parse_mlsx_line"):
        found = parsed(anyftp_compat, name, line)
        assert found == "ValueError" or isinstance(found, tuple)
