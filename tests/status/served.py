"""A server whose page is asked, and what its state is to become."""

from __future__ import annotations

from typing import Any

import anyio

from anyftp import Server, User
from status.asking import PATIENCE, Page, user


def server_of(*users: User, **options: Any) -> Server:
    options = {"login_delay": 0.0, **options}
    return Server(list(users) or [user("alice")], **options)


async def state(page: Page) -> Any:
    answer = await page.ask("/state")
    assert answer.status == 200
    return answer.value


async def told(page: Page, wanted: Any, *keys: Any) -> None:
    """Wait until a part of the state is as wanted."""
    with anyio.fail_after(PATIENCE):
        while True:
            found = await state(page)
            for key in keys:
                found = found[key] if not isinstance(found, list) or len(found) > key else None
            if found == wanted:
                return
            await anyio.sleep(0.01)
