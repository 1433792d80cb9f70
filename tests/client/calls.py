"""Calls of every method of the client that talks to a server, for tests that try all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from anyftp import Client

Call = Callable[[Client, str, Path], Awaitable[object]]


def stream(name: str) -> Call:
    async def call(client: Client, text: str, mine: Path) -> None:
        async with getattr(client, name)(text):
            pass

    return call


async def list_(client: Client, text: str, mine: Path) -> None:
    await client.list(text)


async def walk(client: Client, text: str, mine: Path) -> None:
    async for _ in client.walk(text):
        pass


async def glob(client: Client, text: str, mine: Path) -> None:
    async for _ in client.glob(f"{text}/*"):
        pass


#: Every method, and each of its arguments that is text.
CALLS: dict[str, Call] = {
    "login user": lambda client, text, _: client.login(text, "x"),
    "login password": lambda client, text, _: client.login("alice", text),
    "login account": lambda client, text, _: client.login("needs-account", "x", text),
    "change_directory": lambda client, text, _: client.change_directory(text),
    "make_directory": lambda client, text, _: client.make_directory(text),
    "remove_directory": lambda client, text, _: client.remove_directory(text),
    "list": list_,
    "walk": walk,
    "glob": glob,
    "stat": lambda client, text, _: client.stat(text),
    "exists": lambda client, text, _: client.exists(text),
    "is_file": lambda client, text, _: client.is_file(text),
    "is_dir": lambda client, text, _: client.is_dir(text),
    "rename source": lambda client, text, _: client.rename(text, "b"),
    "rename destination": lambda client, text, _: client.rename("a", text),
    "remove": lambda client, text, _: client.remove(text),
    "remove_file": lambda client, text, _: client.remove_file(text),
    "size": lambda client, text, _: client.size(text),
    "modified": lambda client, text, _: client.modified(text),
    "set_modified": lambda client, text, _: client.set_modified(text, datetime.now(UTC)),
    "chmod": lambda client, text, _: client.chmod(text, 0o600),
    "hash": lambda client, text, _: client.hash(text),
    "command": lambda client, text, _: client.command("NOOP", text),
    "command verb": lambda client, text, _: client.command(text),
    "send_command": lambda client, text, _: client.send_command("NOOP", text),
    "site": lambda client, text, _: client.site(text),
    "download": lambda client, text, mine: client.download(text, mine / "f"),
    "upload": lambda client, text, mine: client.upload(mine / "mine", text),
    "mirror_download": lambda client, text, mine: client.mirror_download(text, mine / "copy"),
    "mirror_upload": lambda client, text, mine: client.mirror_upload(mine / "tree", text),
    "sync": lambda client, text, mine: client.sync(mine / "tree", text, state=mine / "state"),
    "download_stream": stream("download_stream"),
    "upload_stream": stream("upload_stream"),
    "append_stream": stream("append_stream"),
    "get_stream": stream("get_stream"),
}


#: Those that have no such argument.
CALLS_WITHOUT: dict[str, Call] = {
    "get_current_directory": lambda client, _, mine: client.get_current_directory(),
    "change_to_parent": lambda client, _, mine: client.change_to_parent(),
    "noop": lambda client, _, mine: client.noop(),
    "features": lambda client, _, mine: client.features(),
    "system": lambda client, _, mine: client.system(),
    "open_data_connection": lambda client, _, mine: client.open_data_connection(),
    "upgrade_to_tls": lambda client, _, mine: client.upgrade_to_tls(),
}
