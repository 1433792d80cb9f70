"""Folders by user: rights that change, paths that are mapped, quotas in verbs of one's own."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib
from pathlib import PurePosixPath

import aioftp


class Member(aioftp.User):
    """May write where the rules say so at that moment."""

    rules = None

    async def get_permissions(self, path):
        path = PurePosixPath(path)
        for folder, may_write in (self.rules or {}).items():
            if path.is_relative_to(folder):
                return aioftp.Permission(folder, readable=may_write is not None, writable=may_write)
        return await super().get_permissions(path)


class Server(aioftp.Server):
    """Maps a shared folder into everybody's, and limits what STOR may bring."""

    shared = pathlib.Path()
    stored = 0

    def get_paths(self, connection, path):
        real, virtual = super().get_paths(connection, path)
        if virtual.is_relative_to("/shared"):
            real = self.shared / virtual.relative_to("/shared")
        return real, virtual

    async def stor(self, connection, rest, mode="wb"):
        if self.stored >= 3:
            connection.response("552", "that is enough")
            return True
        self.stored += 1
        return await super().stor(connection, rest, mode)


async def main(root: pathlib.Path) -> list[object]:
    """Two members and their folders."""
    for name in ("ann", "bob", "common"):
        (root / name).mkdir()
    (root / "common" / "news").write_text("news")
    Server.shared = root / "common"
    users = [Member(name, "x", base_path=root / name) for name in ("ann", "bob")]
    server = Server(users)
    server.commands_mapping["stor"] = server.stor
    await server.start("127.0.0.1", 0)
    told: list[object] = []

    async def attempt(call):
        try:
            await call
            told.append("done")
        except aioftp.StatusCodeError as error:
            told.append(str(error.received_codes[-1]))

    async def put(client, path):
        async with client.upload_stream(path) as stream:
            await stream.write(b"x")

    context = aioftp.Client.context
    async with (
        context("127.0.0.1", server.server_port, "ann", "x") as ann,
        context("127.0.0.1", server.server_port, "bob", "x") as bob,
    ):
        told.append([str(path) for path, _ in await ann.list("shared")])
        async with bob.download_stream("/shared/news") as stream:
            told.append(await stream.read())
        await attempt(put(ann, "shared/from-ann"))
        Member.rules = {PurePosixPath("/shared"): False, PurePosixPath("/hidden"): None}
        await attempt(put(bob, "shared/from-bob"))
        await attempt(bob.make_directory("hidden"))
        await attempt(bob.make_directory("open/below"))
        await attempt(bob.remove_file("shared/news"))
        await attempt(bob.rename("shared/news", "news"))
        Member.rules = {}
        await attempt(put(bob, "open/below/one"))
        await attempt(put(bob, "open/two"))
        await attempt(put(bob, "open/three"))
        await attempt(bob.remove_file("shared/news"))
        await bob.change_directory("open/below")
        told.append(str(await bob.get_current_directory()))
        await attempt(bob.change_directory("../../../.."))
        told.append(str(await bob.get_current_directory()))
    told.append(sorted(path.relative_to(root).as_posix() for path in root.rglob("*")))
    await server.close()
    return told
