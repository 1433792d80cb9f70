"""A session piece by piece: TLS after an AUTH of one's own, commands in transfers."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from anyftp._errors import LocalProtocolError, RemoteProtocolError, TLSError
from anyftp._streams import copy_to_file
from client.peer import CONTENT, Handler, Peer
from client.serving import served
from streams.files import DiskFile, random_file

pytestmark = pytest.mark.anyio


async def test_tls_after_an_auth_of_ones_own(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    async with peer.client() as client:
        await client.send_command("AUTH TLS")
        assert (await client.receive_reply()).code == "234"
        await client.start_tls(client_tls)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
    assert peer.commands[:3] == ["AUTH TLS", "PBSZ 0", "PROT P"]


async def test_another_name_in_the_certificate(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with Peer(tls=server_tls).client() as client:
        await client.send_command("AUTH TLS")
        await client.receive_reply()
        with pytest.raises(TLSError, match="verify"):
            await client.start_tls(client_tls, "ftp.example.net")
        assert not client.is_connected


async def test_clear_text_after_the_reply(client_tls: ssl.SSLContext) -> None:
    async with Peer(AUTH="234 go\r\n230 in already").client() as client:
        await client.send_command("AUTH TLS")
        await client.receive_reply()
        with pytest.raises(RemoteProtocolError, match="injects"):
            await client.start_tls(client_tls)


async def answering_meanwhile(peer: Peer, argument: str) -> None:
    """Answer a command before the last byte is sent."""
    await peer.say(f"150 here it comes ({len(CONTENT)} bytes)")
    data = await peer.accept_data()
    await data.send(CONTENT[:100])
    assert await peer.next_command() == "NOOP"
    await peer.say("200 still here")
    await data.send(CONTENT[100:])
    await data.aclose()
    await peer.say("226 done")


async def ending_meanwhile(peer: Peer, argument: str) -> None:
    """The transfer is over by the time that the command is heard."""
    await peer.say(f"150 here it comes ({len(CONTENT)} bytes)")
    data = await peer.accept_data()
    await data.send(CONTENT)
    await data.aclose()
    await peer.say("226 done")
    assert await peer.next_command() == "NOOP"
    await peer.say("200 still here")


@pytest.mark.parametrize("handler", [answering_meanwhile, ending_meanwhile])
async def test_a_command_in_the_course_of_a_transfer(handler: Handler) -> None:
    peer = Peer(RETR=handler)
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            await client.send_command("NOOP", in_transfer=True)
            assert (await client.receive_reply()).code == "200"
            assert await stream.read() == CONTENT
        assert peer.commands == ["TYPE I", "EPSV", "RETR f", "NOOP"]
        await client.noop()


@pytest.mark.parametrize("handler", [answering_meanwhile, ending_meanwhile])
async def test_several_commands_in_the_course_of_a_download(handler: Handler) -> None:
    """That the server has sent all, and has said so, does not mean that all has been read."""
    peer = Peer(RETR=handler)
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            for verb in ("NOOP", "NOOP", "PWD"):
                if handler is ending_meanwhile or (
                    verb == "NOOP" and not peer.commands.count("NOOP")
                ):
                    await client.send_command(verb, in_transfer=True)
                    assert (await client.receive_reply()).is_positive
            assert await stream.read() == CONTENT
        await client.noop()


async def test_a_command_whose_reply_nobody_receives() -> None:
    peer = Peer(RETR=ending_meanwhile)
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            await client.send_command("NOOP", in_transfer=True)
            assert await stream.read() == CONTENT
        assert await client.get_current_directory()
        assert peer.commands[3:] == ["NOOP", "PWD", "PWD"]


async def test_commands_wait_for_the_stream_unless_told() -> None:
    async with Peer().client() as client, client.download_stream("f") as stream:
        with pytest.raises(LocalProtocolError, match="under way"):
            await client.send_command("NOOP")
        await stream.read()


async def test_line_breaks_are_not_sent_in_a_transfer_either() -> None:
    async with Peer().client() as client, client.download_stream("f") as stream:
        with pytest.raises(LocalProtocolError):
            await client.send_command("SITE", "a\r\nDELE b", in_transfer=True)
        assert await stream.read() == CONTENT


@pytest.mark.parametrize("nbytes", [0, 1, 65536, 65537, 5_000_000])
async def test_a_stream_copied_to_a_file_is_whole(nbytes: int, tmp_path: Path) -> None:
    """Also what the kernel copies has come."""
    async with served(tmp_path / "served") as client:
        data = random_file(tmp_path / "served" / "f", nbytes)
        with DiskFile.create(tmp_path / "copy") as target:
            async with client.download_stream("f") as stream:
                assert await copy_to_file(stream, target) == nbytes
                assert stream.nbytes_received == nbytes
        assert (tmp_path / "copy").read_bytes() == data
