"""Connecting, logging in, leaving; commands that have to do with no file."""

from __future__ import annotations

import pytest

from anyftp import FTPTimeoutError, LocalProtocolError, PermanentReplyError, TLSError
from interop.operations._place import Place


async def connect_and_be_greeted(place: Place) -> None:
    async with place.connect(login=False) as client:
        assert client.is_connected


async def log_in_by_hand(place: Place) -> None:
    async with place.connect(login=False) as client:
        await client.login(place.daemon.user, place.daemon.password)
        assert await client.is_dir(place.remote)


async def begin_TLS_by_hand(place: Place) -> None:
    if place.daemon.setup.tls == "implicit":  # and silent to whoever does not begin with TLS
        with pytest.raises(FTPTimeoutError):
            async with place.connect(login=False, tls=None, timeout=0.2):
                pass
        return
    async with place.connect(login=False, tls=None) as client:
        if place.daemon.setup.tls == "off":
            with pytest.raises(TLSError):
                await client.upgrade_to_tls()
        else:
            await client.upgrade_to_tls()
        await client.login(place.daemon.user, place.daemon.password)
        assert await client.is_dir(place.remote)


async def quit_and_connect_again(place: Place) -> None:
    async with place.connect() as client:
        await client.quit()
        assert not client.is_connected
        with pytest.raises(LocalProtocolError):
            await client.noop()
        await client.quit()


async def noop(place: Place) -> None:
    await place.client.noop()


async def features(place: Place) -> None:
    assert await place.client.features()


async def site_help(place: Place) -> None:
    assert (await place.client.site("HELP")).code == "214"


async def raw_command(place: Place) -> None:
    assert "UNIX" in (await place.client.command("SYST", expected_codes="215")).text


async def unknown_command(place: Place) -> None:
    with pytest.raises(PermanentReplyError):
        await place.client.command("XYZZY plugh")
