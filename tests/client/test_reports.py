"""What users of other clients have reported, on servers that do the same; docs/design/quirks.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import Client, PermanentReplyError
from client.peer import Peer, epsv, listing, send_data, stor

pytestmark = pytest.mark.anyio

LIST_ONLY: dict[str, Any] = {"MLSD": "500 MLSD not understood", "MLST": "500 MLST not understood"}


async def listed(**answers: Any) -> list[tuple[str, str, int | None]]:
    """Names, types and sizes of a listing of the working directory."""
    async with Peer(**answers).client() as client:
        entries = await client.list()
    return [(entry.name, entry.type, entry.size) for entry in entries]


def by_list(*lines: str) -> dict[str, Any]:
    return {**LIST_ONLY, "LIST": listing(*lines)}


async def test_list_without_a_path_ends_without_a_blank() -> None:
    """rclone/rclone#1850: "LIST " is another command to some servers."""
    peer = Peer(**by_list("-rw-r--r-- 1 u g 3 Nov 23 2025 a"))
    async with peer.client() as client:
        await client.list()
        assert peer.commands[-1] == "LIST"


async def test_mlst_answers_501_for_what_is_missing() -> None:
    """rclone/rclone#6879."""

    async def mlst(peer: Peer, argument: str) -> None:
        known = argument == "a"
        await peer.say("250-\r\n type=file; a\r\n250 end" if known else "501 Not a valid pathname")

    async with Peer(MLST=mlst).client() as client:
        assert not await client.exists("gone")
        assert await client.exists("a")


async def test_links_show_where_they_lead() -> None:
    """rclone/rclone#3283."""
    line = "lrwxrwxrwx 1 0 1001 23 Jul 11 2014 a.tar.gz -> old/a.tar.gz"
    async with Peer(**by_list(line)).client() as client:
        [entry] = await client.list("d")
    assert (entry.path, str(entry.target)) == (PurePosixPath("d/a.tar.gz"), "old/a.tar.gz")


@pytest.mark.parametrize("line", [" type=file;size=3; a", "type=file;size=3; a", "size=3; a"])
async def test_facts_with_a_blank_in_front(line: str) -> None:
    """rclone/rclone#8403: the blank that belongs in MLST is in MLSD, or the other way round."""
    [(name, _, size)] = await listed(MLSD=listing(line))
    assert (name, size) == ("a", 3)
    async with Peer(MLST=f"250-here\r\n{line}\r\n250 end").client() as client:
        assert (await client.stat("a")).size == 3


async def test_facts_without_a_blank_behind() -> None:
    """mtheall/ftpd#73: MLST answers `UNIX.mode=0777;/`, and MLSD 503."""
    answers: dict[str, Any] = {
        "MLST": "250-Status\r\nUNIX.mode=0777;/\r\n250 End",
        "MLSD": "503 Bad sequence of commands",
        "FEAT": "500 what?",
        "LIST": listing("drwxr-xr-x 2 u g 4096 Nov 23 2025 d"),
    }
    assert await listed(**answers) == [("d", "dir", 4096)]
    async with Peer(**answers).client() as client:
        assert await client.is_dir("d")


@pytest.mark.parametrize("verb", ["RNFR", "RNTO"])
async def test_a_server_that_cannot_rename(verb: str, tmp_path: Path) -> None:
    """rclone/rclone#7271: 553 to what was sent under another name first."""
    (tmp_path / "a").write_bytes(b"new")
    answers: dict[str, Any] = {verb: "553 Can't rename file."}
    peer = Peer(**answers)
    async with peer.client() as client:
        report = await client.upload(tmp_path / "a", "a", atomic="if-possible")
    assert (peer.files["a"], report.in_place) == (b"new", ("a",))


@pytest.mark.parametrize(
    "line",
    [
        "12-06-2024  09:15AM                    3 a",
        "06-07-22  12:55PM                    3 a",
        "2024-12-06  09:15                    3 a",
        "25-12-22  12:55PM                    3 a",
    ],
)
async def test_dates_of_windows_in_their_forms(line: str) -> None:
    """rclone/rclone#8224, aio-libs/aioftp#170 and twisted/twisted#10700; the day first, too."""
    assert await listed(**by_list(line, line.replace("           3 a", "   <DIR>   d"))) == [
        ("a", "file", 3),
        ("d", "dir", None),
    ]


async def test_total_and_other_words_in_a_listing() -> None:
    """aio-libs/aioftp#58: a camera says `total 0`; iterate-ch/cyberduck#12969: `250-Begin`."""
    unix = by_list("total 0", "-rw-r--r-- 1 u g 3 Nov 23 2025 a")
    assert await listed(**unix) == [("a", "file", 3)]
    assert await listed(MLSD=listing("250-Begin", "type=file;size=3; a", "250 End.")) == [
        ("a", "file", 3)
    ]


async def test_no_options_for_list_unless_told() -> None:
    """patrickjuchli/basic-ftp#273: Windows CE lists nothing for `LIST -a`."""
    peer = Peer(**by_list("-rw-r--r-- 1 u g 3 Nov 23 2025 a"))
    async with peer.client() as client:
        await client.list()
        await client.list("d")
        assert [line for line in peer.commands if line.startswith("LIST")] == ["LIST", "LIST d"]


async def pasv_as_epsv(peer: Peer, argument: str) -> None:
    await epsv(peer, argument)


async def epsv_as_pasv(peer: Peer, argument: str) -> None:
    await peer.say("227 Entering Passive Mode (91,220,214,97,201,133)")


async def epsv_without_a_bar(peer: Peer, argument: str) -> None:
    await peer.say(f"229 Entering Extended Passive Mode (||{peer.open_port()}|)")


async def epsv_with_a_full_stop(peer: Peer, argument: str) -> None:
    await peer.say(f"229 Entering Extended Passive Mode (|||{peer.open_port()}|).")


async def pasv_in_two_lines(peer: Peer, argument: str) -> None:
    port = peer.open_port()
    await peer.say(f"227-Entering Passive Mode (192,168,0,1,{port >> 8},{port & 255})\r\n227 go on")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"EPSV": epsv_as_pasv}, id="patrickjuchli/basic-ftp#135"),
        pytest.param({"EPSV": epsv_without_a_bar}, id="robinrodricks/FluentFTP#1793"),
        pytest.param({"EPSV": epsv_with_a_full_stop}, id="aio-libs/aioftp#69"),
        pytest.param({"EPSV": "500 what?", "PASV": pasv_as_epsv}, id="curl/curl#10598"),
        pytest.param(
            {"EPSV": "500-'EPSV': command not understood.\r\n500 so", "PASV": pasv_in_two_lines},
            id="secsy/goftp#1",
        ),
    ],
)
async def test_answers_to_the_other_passive_command(answers: dict[str, Any]) -> None:
    assert [name for name, _, _ in await listed(**answers)] == ["a", "d"]


async def test_a_file_that_is_fetched_at_once_after_it_was_sent(tmp_path: Path) -> None:
    """robinrodricks/FluentFTP#352: the server takes each upload away; SIZE says 550 by then."""
    (tmp_path / "a").write_bytes(b"new")
    answers: dict[str, Any] = {"SIZE": "550 no such file", "MLST": "550 no such file"}
    async with Peer(**answers).client() as client:
        report = await client.upload(tmp_path / "a", "in/a")
    assert report.files == 1


async def test_an_upload_that_is_refused_after_all_was_sent(tmp_path: Path) -> None:
    """robinrodricks/FluentFTP#352: 550 where 226 belongs was no error."""

    async def refused(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        data = await peer.accept_data()
        await data.receive()
        await data.aclose()
        await peer.say("550 Filename invalid")

    (tmp_path / "a").write_bytes(b"new")
    async with Peer(STOR=refused).client() as client:
        with pytest.raises(PermanentReplyError, match="550"):
            await client.upload(tmp_path / "a", "a")
        await client.noop()


async def test_something_is_said_after_the_confirmation(tmp_path: Path) -> None:
    """robinrodricks/FluentFTP#673: PWD was answered by a second 226 of the upload."""

    async def chatty(peer: Peer, argument: str) -> None:
        await stor(peer, argument)
        await peer.say("226 Transfer complete")

    (tmp_path / "a").write_bytes(b"new")
    async with Peer(STOR=chatty).client() as client:
        await client.upload(tmp_path / "a", "a")
        assert str(await client.get_current_directory()) == "/home"
        assert await client.size("a") == 3


async def test_sizes_of_vms_without_what_is_allocated() -> None:
    """apache/commons-net#47: MultiNet tells one figure where others tell two."""
    lines = ["Directory DISK:[USR]", "", "FILE123.DAT;1"]
    lines += ["64   4-MAR-2019 00:04 [USR,USRGROUP] (RWED,RWED,RWED,R)", "", "Total of 1 file"]
    [(name, kind, _)] = await listed(**by_list(*lines))
    assert (name, kind) == ("FILE123.DAT", "file")


async def test_mlsd_refused_where_no_path_is_given() -> None:
    """kapitainsky/RcloneBrowser#119: 500 to MLSD alone, on a server that knows it."""

    async def mlsd(peer: Peer, argument: str) -> None:
        if not argument:
            return await peer.say("500 MLSD command not understood.")
        return await send_data(peer, b"type=file;size=3; b\r\n")

    async with Peer(MLSD=mlsd).client() as client:
        assert [entry.name for entry in await client.list("d")] == ["b"]
        assert [entry.name for entry in await client.list()] == ["a", "d"]
        assert [entry.name for entry in await client.list("d")] == ["b"]


async def make_it(client: Client) -> None:
    await client.make_directory("a/b", parents=True)


async def rename_it(client: Client) -> None:
    await client.rename("a", "gone/b")


@pytest.mark.parametrize(
    ("change", "answers", "is_fine"),
    [
        pytest.param(
            make_it, {"MKD": '521 "a/b" directory already exists'}, True, id="rclone/rclone#2363"
        ),
        pytest.param(
            make_it,
            {"MKD": "550 Action not taken", "MLST": "550 no"},
            False,
            id="rclone/rclone#2181",
        ),
        pytest.param(rename_it, {"RNTO": "451 no such folder"}, False, id="n8n-io/n8n#9340"),
    ],
)
async def test_refusals_of_changes(
    change: Callable[[Client], Awaitable[None]], answers: dict[str, Any], is_fine: bool
) -> None:
    there = "250-here\r\n type=dir; /home/a\r\n250 end"
    async with Peer(**{"MLST": there, "CWD": "550 no", **answers}).client() as client:
        if is_fine:
            await change(client)
        else:
            with pytest.raises(Exception, match=r"55|45"):
                await change(client)
        await client.noop()
