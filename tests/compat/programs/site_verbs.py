"""A server with SITE, SIZE, MDTM, XCRC and a greeting of its own, each by aioftp's decorators."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
import zlib

import aioftp


class Server(aioftp.Server):
    """With a few verbs more."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.commands_mapping["site"] = self.site
        self.commands_mapping["size"] = self.size
        self.commands_mapping["mdtm"] = self.mdtm
        self.commands_mapping["xcrc"] = self.xcrc
        self.commands_mapping["noop"] = self.noop
        self.notes = []

    async def greeting(self, connection, rest):
        self.notes.append(("greets", connection.client_host))
        if self.available_connections.locked():
            connection.response("421", "full")
            return False
        self.available_connections.acquire()
        connection.acquired = True
        connection.response("220", ["a server", "of our own"])
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    async def site(self, connection, rest):
        verb = rest.partition(" ")[0]
        if verb.upper() == "WHOAMI":
            connection.response("200", connection.user.login)
        elif verb.upper() == "HELP":
            connection.response("214", ["SITE verbs", "WHOAMI", "HELP", "end"], True)
        else:
            connection.response("504", f"{verb!r}?")
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    @aioftp.PathConditions(
        aioftp.PathConditions.path_must_exists, aioftp.PathConditions.path_must_be_file
    )
    @aioftp.PathPermissions(aioftp.PathPermissions.readable)
    async def size(self, connection, rest):
        real, _ = self.get_paths(connection, rest)
        connection.response("213", str((await connection.path_io.stat(real)).st_size))
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    @aioftp.PathConditions(aioftp.PathConditions.path_must_exists)
    async def mdtm(self, connection, rest):
        _, virtual = self.get_paths(connection, rest)
        connection.response("213", f"19700101000000 {virtual}")
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    @aioftp.PathConditions(
        aioftp.PathConditions.path_must_exists, aioftp.PathConditions.path_must_be_file
    )
    async def xcrc(self, connection, rest):
        real, _ = self.get_paths(connection, rest)

        @aioftp.worker
        async def work(self, connection, rest):
            crc = 0
            async with connection.path_io.open(real, mode="rb") as file:
                async for block in file.iter_by_block(connection.block_size):
                    crc = zlib.crc32(block, crc)
                    await asyncio.sleep(0)
            connection.response("250", f"{crc:08X}")
            return True

        connection.extra_workers.add(asyncio.create_task(work(self, connection, rest)))
        connection.response("150", "counting")
        return True

    async def noop(self, connection, rest):
        connection.response("200", "boring")
        return True


async def main(root: pathlib.Path) -> list[object]:
    """Ask for each."""
    (root / "folder").mkdir()
    (root / "secret").mkdir()
    (root / "secret" / "x").write_bytes(b"x")
    (root / "file").write_bytes(b"hello" * 3000)
    permissions = [
        aioftp.Permission("/"),
        aioftp.Permission("/secret", readable=False, writable=False),
    ]
    server = Server(
        [aioftp.User("ann", "x", base_path=root, permissions=permissions)], maximum_connections=2
    )
    await server.start("127.0.0.1", 0)
    client = aioftp.Client()
    told: list[object] = [await client.connect("127.0.0.1", server.server_port)]
    told.append(await client.command("NOOP", "2xx"))

    async def ask(line):
        try:
            code, info = await client.command(line, "xxx")
        except Exception as error:
            return type(error).__name__
        return [str(code), info if code.matches("2xx") else ""]

    told.append(await ask("SITE WHOAMI"))
    await client.login("ann", "x")
    for line in (
        *("SITE WHOAMI", "SITE HELP", "SITE CHMOD 1 x", "SIZE file", "SIZE folder", "SIZE none"),
        *("SIZE secret/x", "MDTM folder", "MDTM none", "XCRC none"),
    ):
        answer = await ask(line)
        told.append([line, answer])
    told.append(await client.command("XCRC file", "2xx", "1xx"))
    other = aioftp.Client()
    await other.connect("127.0.0.1", server.server_port)
    third = aioftp.Client()
    try:
        await third.connect("127.0.0.1", server.server_port)
    except aioftp.StatusCodeError as error:
        told.append([str(error.received_codes[0]), error.info])
    third.close()
    other.close()
    await asyncio.sleep(0.1)
    await third.connect("127.0.0.1", server.server_port)
    third.close()
    await client.quit()
    told.append(server.notes)
    await server.close()
    return told
