"""Testing a program of yours that uses FTP: a server in memory, no port, no folder, no network.

pytest runs this; so does Python.
"""

from pathlib import Path

import anyio

from anyftp import Client, FTPError, MemoryFileSystem, Permission, User
from anyftp.testing import memory_server

USERS = [User(file_system=MemoryFileSystem(), permissions=Permission.ALL)]


async def newest(client: Client, folder: str) -> str:
    """What is tested: the name of the newest file."""
    files = [entry for entry in await client.list(folder) if entry.is_file]
    if not files:
        raise LookupError(folder)
    return max(files, key=lambda entry: (str(entry.modified), entry.name)).name


async def check_newest() -> None:
    async with memory_server(USERS) as dial, Client.context("ftp", dialler=dial) as client:
        await client.make_directory("/in")
        try:
            await newest(client, "/in")
        except LookupError:
            pass
        else:
            raise AssertionError("an empty folder has no newest file")
        for name in ("a", "b"):
            async with client.upload_stream(f"/in/{name}") as stream:
                await stream.write(name.encode())
        assert await newest(client, "/in") == "b"


async def check_refusal() -> None:
    async with memory_server(USERS) as dial, Client.context("ftp", dialler=dial) as client:
        try:
            await client.download("/none", "none")
        except FTPError:
            assert not Path("none").exists()


def test_newest() -> None:
    anyio.run(check_newest)


def test_refusal() -> None:
    anyio.run(check_refusal)


if __name__ == "__main__":
    test_newest()
    test_refusal()
