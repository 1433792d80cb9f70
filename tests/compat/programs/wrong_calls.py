"""What is done wrongly in programs that are not tested much, and what they get for it."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import io
import pathlib

import aioftp


async def outcome(make: object) -> str:
    """The kind of failure, for a call that is made late."""
    try:
        made = make()
        if hasattr(made, "__await__"):
            made = await made
        return f"fine: {type(made).__name__}"
    except Exception as error:
        return type(error).__name__


async def main(root: pathlib.Path) -> list[object]:
    """Before, in, and after a session."""
    server = aioftp.Server([aioftp.User(base_path=root)])
    await server.start("127.0.0.1", 0)
    client = aioftp.Client(socket_timeout=5)
    told: list[object] = [
        await outcome(lambda: client.list()),
        await outcome(lambda: client.stat("x")),
        await outcome(lambda: client.download("x")),
        await outcome(lambda: client.quit()),
        await outcome(lambda: client.close()),
        await outcome(lambda: client.close()),
        await outcome(lambda: client.login("u", "p")),
        await outcome(lambda: aioftp.Client(timeout=3)),
        await outcome(lambda: aioftp.Client(no_such_option=3)),
    ]
    await client.connect(*server.address)
    client.passive_mode = True  # an attribute that means nothing
    told += [
        await outcome(lambda: client.get_current_directory()),
        await outcome(lambda: client.login()),
        await outcome(lambda: client.login("anonymous", "again")),
        await outcome(lambda: client.upload_stream(io.BytesIO(b"x"), "name", "more")),
        await outcome(lambda: client.download_stream()),
        await outcome(lambda: client.make_directory("a\r\nDELE b")),
        await outcome(lambda: client.upload(root / "not here")),
        await outcome(lambda: client.remove("not here")),
        await outcome(lambda: client.rename("not", "here")),
        await outcome(lambda: client.command("PWD", "999")),
        await outcome(lambda: client.change_directory("")),
        await outcome(lambda: asyncio.wait_for(client.stat("/"), 5)),
        await outcome(lambda: client.quit()),
        await outcome(lambda: client.quit()),
    ]
    await client.connect(*server.address)  # the same object once more
    await client.login()
    told.append(await outcome(lambda: client.list()))
    await server.close()
    await asyncio.sleep(0.05)
    told.append(await outcome(lambda: client.stat("/")))
    client.close()
    return told
