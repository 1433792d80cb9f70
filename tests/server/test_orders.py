"""What clients that cannot be run here are known to send, in their order: by their logs."""

from __future__ import annotations

import pytest

from anyftp._fs import MemoryFileSystem
from server.probe import Probe, logged_in, server_of

pytestmark = pytest.mark.anyio

#: Of each line the code of its reply. `>` and `<` in front: with a data connection, up and down.
FILEZILLA = """
SYST 215
FEAT 211
CLNT FileZilla 200
OPTS UTF8 ON 200
OPTS MLST type;size;modify;perm;unix.mode;unix.owner;unix.group; 200
PWD 257
TYPE I 200
<MLSD 226
CWD d 250
PWD 257
<MLSD 226
CWD /d 250
TYPE I 200
<RETR f 226
REST 100 350
<RETR f 226
TYPE A 200
<RETR f 226
TYPE I 200
>STOR new.bin 226
MFMT 20200102030405 new.bin 213
>APPE new.bin 226
REST 10 350
>STOR new.bin 226
MKD /d/new 257
SITE CHMOD 644 new.bin 200
RNFR new.bin 350
RNTO other.bin 250
CWD /d/new 250
DELE /d/other.bin 250
CWD /d 250
RMD /d/new 250
NOOP 200
PWD 257
QUIT 221
"""
WINSCP = """
SYST 215
FEAT 211
OPTS UTF8 ON 200
CLNT WinSCP-release-6.3 200
PWD 257
CWD / 250
PWD 257
TYPE A 200
<LIST -a 226
TYPE I 200
<MLSD 226
SIZE /d/f 213
MDTM /d/f 213
MLST /d/f 250
>STOR /d/new.bin.filepart 226
RNFR /d/new.bin.filepart 350
RNTO /d/new.bin 250
MFMT 20200102030405 /d/new.bin 213
XCRC "/d/new.bin" 250
AVBL /d 213
STAT 211
<RETR /d/new.bin 226
DELE /d/new.bin 250
QUIT 221
"""
WINDOWS_EXPLORER = """
opts utf8 on 200
syst 215
site help 214
PWD 257
noop 200
CWD / 250
TYPE A 200
<LIST 226
CWD /d/ 250
<LIST 226
TYPE I 200
>STOR new.bin 226
SIZE new.bin 213
<RETR new.bin 226
RNFR new.bin 350
RNTO neu.bin 250
DELE neu.bin 250
MKD new 257
RMD new 250
QUIT 221
"""


@pytest.mark.parametrize(
    "order", [FILEZILLA, WINSCP, WINDOWS_EXPLORER], ids=["filezilla", "winscp", "explorer"]
)
async def test_each_line_gets_its_reply(order: str) -> None:
    tree = MemoryFileSystem(capacity=1 << 20)
    tree.put("/d/f", b"line\n" * 100)
    async with logged_in(server_of(tree, extensions=["XCRC", "AVBL"])) as probe:
        for step in order.strip().splitlines():
            line, _, code = step.rpartition(" ")
            assert await _perform(probe, line) == code, step


async def _perform(probe: Probe, line: str) -> str:
    if line[0] not in "<>":
        return (await probe.ask(line))[:3]
    async with await probe.open_data() as data:
        assert (await probe.ask(line[1:]))[:3] == "150"
        if line[0] == ">":
            await data.write(b"x" * 50)
        else:
            await data.read()
    return (await probe.reply())[:3]
