"""The operating system's TCP in the form that a server takes a network in."""

from __future__ import annotations

import anyio
import pytest
from anyio.abc import SocketAttribute

from anyftp._errors import NoDataPort
from anyftp._net import TCP

pytestmark = pytest.mark.anyio


async def test_it_listens_and_connects() -> None:
    network = TCP()
    listener = await network.listen("127.0.0.1")
    left = await network.connect(*listener.address)
    right = await listener.accept()
    assert left.extra(SocketAttribute.remote_address) == listener.address
    assert right.extra(SocketAttribute.local_address) == listener.address
    for stream in (left, right):
        await stream.aclose()
    listener.close()


async def test_ports_to_pick_from() -> None:
    network = TCP()
    first = await network.listen("127.0.0.1")
    with pytest.raises(NoDataPort):
        await network.listen("127.0.0.1", ports=[first.port])
    first.close()
    await anyio.lowlevel.checkpoint()
