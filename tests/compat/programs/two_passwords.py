"""A manager of users that asks elsewhere, counts who is in, and lets some in without a password."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib

import aioftp


class Directory(aioftp.AbstractUserManager):
    """Accounts with several passwords, a closed one, and guests."""

    def __init__(self, root: pathlib.Path) -> None:
        super().__init__(timeout=2)
        self.root = root
        self.passwords = {"one": {"a", "b"}, "two": {"c"}}
        self.events: list[str] = []

    async def get_user(self, login: str) -> tuple[object, aioftp.User | None, str]:
        await asyncio.sleep(0)
        answers = aioftp.AbstractUserManager.GetUserResponse
        self.events.append(f"get {login}")
        if login == "closed":
            return answers.ERROR, None, "closed"
        if login == "guest":
            return answers.OK, aioftp.User("guest", base_path=self.root / "guest"), "come in"
        user = aioftp.User(login, base_path=self.root / "full")
        return answers.PASSWORD_REQUIRED, user, "who are you?"

    async def authenticate(self, user: aioftp.User, password: str) -> bool:
        self.events.append(f"ask {user.login}")
        return password in self.passwords.get(user.login, ())

    async def notify_logout(self, user: aioftp.User) -> None:
        self.events.append(f"bye {user.login}")


async def main(root: pathlib.Path) -> list[object]:
    """Everybody once."""
    for name in ("guest", "full"):
        (root / name).mkdir()
        (root / name / f"{name}.txt").write_text(name)
    manager = Directory(root)
    server = aioftp.Server(manager)
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    for login, password in (("one", "a"), ("one", "b"), ("two", "a"), ("two", "c"), ("no", "x")):
        try:
            async with aioftp.Client.context(*server.address, login, password) as client:
                told.append([str(path) for path, _ in await client.list()])
        except aioftp.StatusCodeError as error:
            told.append((login, error.received_codes))
    client = aioftp.Client()
    await client.connect(*server.address)
    for login in ("closed", "guest"):
        try:
            await client.login(login, "")
            told.append([str(path) for path, _ in await client.list()])
        except aioftp.StatusCodeError as error:
            told.append((login, error.received_codes[-1].matches("5xx")))
    await client.quit()
    await asyncio.sleep(0.1)
    await server.close()
    return [*told, [event for event in manager.events if event.startswith("bye")]]
