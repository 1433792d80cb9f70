"""Users by a manager that waits: names, hashes, quotas of sessions, and who has gone."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import hashlib
import pathlib

import aioftp


class Manager(aioftp.AbstractUserManager):
    """Reads users from a file each time."""

    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table
        self.live = {}
        self.history = []

    async def get_user(self, login):
        await asyncio.sleep(0)
        self.history.append(("asked", login))
        response = self.GetUserResponse
        if login == "slow":
            await asyncio.sleep(5)
        if login not in self.table:
            return response.ERROR, None, "who?"
        digest, home, limit = self.table[login]
        if self.live.get(login, 0) >= limit:
            return response.ERROR, None, "too many"
        self.live[login] = self.live.get(login, 0) + 1
        user = aioftp.User(login, base_path=home)
        if digest is None:
            return response.OK, user, "come in"
        return response.PASSWORD_REQUIRED, user, "and?"

    async def authenticate(self, user, password):
        await asyncio.sleep(0)
        digest = self.table[user.login][0]
        return hashlib.sha256(password.encode()).hexdigest() == digest

    async def notify_logout(self, user):
        self.live[user.login] -= 1
        self.history.append(("gone", user.login))


async def main(root: pathlib.Path) -> list[object]:
    """Several at once, some wrong."""
    for name in ("ann", "open"):
        (root / name).mkdir()
        (root / name / f"of-{name}").touch()
    table = {
        "ann": (hashlib.sha256(b"x").hexdigest(), root / "ann", 2),
        "open": (None, root / "open", 1),
    }
    manager = Manager(table)
    server = aioftp.Server(manager)
    await server.start("127.0.0.1", 0)
    told: list[object] = []

    async def enter(name, password="x"):
        client = aioftp.Client()
        await client.connect("127.0.0.1", server.server_port)
        try:
            await client.login(name, password)
        except aioftp.StatusCodeError as error:
            client.close()
            return str(error.received_codes[-1])
        return client

    one, two = await enter("ann"), await enter("ann")
    told.append([str(p) for p, _ in await one.list()])
    told.append(await enter("ann"))
    await two.quit()
    await asyncio.sleep(0.05)
    told.append(manager.live["ann"])
    two = await enter("ann")
    told.append(await enter("ann", "wrong"))
    told.append(await enter("nobody"))
    other = await enter("open")
    told.append([str(p) for p, _ in await other.list()])
    table["ann"] = (hashlib.sha256(b"y").hexdigest(), root / "ann", 5)
    told.append(await enter("ann", "x"))
    three = await enter("ann", "y")
    await asyncio.sleep(0.05)
    told.append([manager.live, sorted({u.login for u in server.throttle_per_user})])
    for client in (one, two, three, other):
        await client.quit()
    await asyncio.sleep(0.05)
    told.append(manager.live)
    await server.close()
    return told
