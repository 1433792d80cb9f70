"""What a listing says of its own folder is found however the network cuts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._client._listing._dot_entries import DotEntries
from anyftp._protocol import ListingDecoder

MLSD = (
    b"Type=cdir; .\r\ntype=file;size=1; cdir.\r\nTYPE=PDIR;UNIX.mode=0755; /a\r\ntype=dir; x.\r\n"
)
NAMELESS = b"type=CDIR; folder\r\ntype=file; a\r\ntype=pDir; above\r\n"
LIST = (
    b"drwxr-xr-x 2 u g 4 Nov 23 08:29 .\r\ndrwxr-xr-x 2 u g 4 Nov 23 08:29 ..\r\n"
    b"-rw-r--r-- 1 u g 1 Nov 23 08:29 pdir\r\n-rw-r--r-- 1 u g 1 Nov 23 08:29 a=b.\r\n"
)
BELOW = LIST[LIST.index(b"-rw") :]
BARE = LIST.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("dialect", "text", "names"),
    [
        ("mlsd", MLSD, ["cdir.", "x."]),
        ("mlsd", NAMELESS, ["a"]),
        ("list", LIST, ["pdir", "a=b."]),
        ("list", BARE, ["pdir", "a=b."]),
        ("list", BELOW, ["pdir", "a=b."]),
    ],
)
@given(data=st.data())
def test_wherever_it_is_cut(
    dialect: str, text: bytes, names: list[str], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    decoder = ListingDecoder("mlsd" if dialect == "mlsd" else "list")
    dots = DotEntries()
    found: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        block = text[start:end]
        found += [entry.name for entry in dots(block, decoder.feed(block))]
    found += [entry.name for entry in dots.others(decoder.close())]
    assert found == names
    assert (dots.itself is not None) is (text != BELOW)
