"""What a client is before, between and after connections; and what is refused when."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib

import aioftp


async def main(root: pathlib.Path) -> list[object]:
    """One object, several servers."""
    told: list[object] = []
    servers = []
    for name in ("one", "two"):
        (root / name).mkdir()
        (root / name / f"in-{name}").touch()
        server = aioftp.Server([aioftp.User(name, "x", base_path=root / name)])
        await server.start("127.0.0.1", 0)
        servers.append(server)

    async def attempt(call):
        try:
            told.append(await call() is not None)
        except Exception as error:
            told.append(type(error).__name__)

    client = aioftp.Client()
    for call in (client.get_current_directory, client.quit, client.list, lambda: client.stat("x")):
        await attempt(call)
    client.close()
    for name, server in zip(("one", "two"), servers, strict=True):
        await client.connect("127.0.0.1", server.server_port)
        await attempt(client.get_current_directory)
        await attempt(lambda: client.login("nobody"))
        await client.login(name, "x")
        told.append([str(path) for path, _ in await client.list()])
        told.append([client.server_port == server.server_port, client.stream is not None])
        if name == "one":
            client.close()
        else:
            await client.quit()
        await attempt(client.get_current_directory)
    stream = client.stream
    told.append(stream.writer.is_closing())
    client.close()
    client.close()
    try:
        async with aioftp.Client.context("127.0.0.1", servers[0].server_port, "one", "bad"):
            told.append("never")
    except aioftp.StatusCodeError as error:
        told.append([str(code) for code in (*error.received_codes, *error.expected_codes)])
    for server in servers:
        await server.close()
    try:
        async with aioftp.Client.context("127.0.0.1", servers[0].server_port):
            told.append("never")
    except OSError as error:
        told.append(type(error).__name__)
    for options in ({"raw_command": "NLST"}, {"raw_command": ""}):
        try:
            client.list(**options)
            told.append("taken")
        except ValueError:
            told.append("ValueError")
    for name in ("upload", "download"):
        try:
            await getattr(client, name)("a", "b", True)
        except TypeError:
            told.append("TypeError")
    await asyncio.sleep(0)
    return told
