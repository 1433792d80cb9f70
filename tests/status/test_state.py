"""What the page shows of a server."""

from __future__ import annotations

import pytest

from status.asking import page_of, user
from status.served import server_of, state, told

pytestmark = pytest.mark.anyio


async def test_who_is_there_and_what_they_do() -> None:
    server = server_of(user("alice"), user("<b>\u202ebob"))
    async with page_of(server) as page, page.client() as alice, page.client("<b>\u202ebob") as bob:
        await bob.make_directory("<i>\u202ex")
        await bob.change_directory("<i>\u202ex")
        async with alice.upload_stream("<img src=x onerror=alert(1)>") as stream:
            await stream.write(b"1234")
            await told(page, 4, "sessions", 0, "transfer", "nbytes")
            found = await state(page)
            moving, idle = found["sessions"]
            assert moving["transfer"]["path"] == "/<img src=x onerror=alert(1)>"
            assert moving["transfer"]["verb"] == "STOR"
            assert (moving["user"], moving["host"], moving["tls"]) == ("alice", "127.0.0.1", False)
            assert (idle["user"], idle["transfer"]) == ("<b>\\u202ebob", None)
            assert idle["folder"] == "/<i>\\u202ex"
            assert [row["user"] for row in found["users"]] == ["<b>\\u202ebob", "alice"]
            assert found["statistics"]["sessions"] == 2
            assert found["statistics"]["nbytes_received"] == 4
