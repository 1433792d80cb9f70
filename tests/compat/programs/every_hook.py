"""Each method of a client and of a server, overridden: is it called at all?"""

# mypy: ignore-errors

from __future__ import annotations

import inspect
import pathlib

import aioftp

#: What a program calls itself, or what is no hook: not asked about.
CALLED = {"context", "from_limits", "start", "run", "serve_forever", "address", "close", "quit"}
#: With one of these everything goes another way, which may be that of the others: each alone.
ALONE = {
    *("command", "check_codes", "parse_line", "parse_response"),
    *("get_passive_connection", "_do_epsv", "_do_pasv", "_open_connection"),
    *("parse_epsv_response", "parse_pasv_response"),
    *("greeting", "parse_command", "write_line", "write_response"),
}
#: Sessions are not run by methods of the server here; it says so when it is made.
RUN_OTHERWISE = {"dispatcher", "response_writer"}


def methods(kind):
    """The names of its own and its bases' methods."""
    found = inspect.getmembers_static(kind)
    return [
        name
        for name, value in found
        if (inspect.isfunction(value) or isinstance(value, staticmethod | classmethod))
        and (not name.startswith("_") or name in ("_do_epsv", "_do_pasv", "_open_connection"))
        and name not in CALLED | RUN_OTHERWISE
    ]


def hook_of(kind, name, seen):
    """In the place of a method: notes that it is called, and calls it."""
    static = inspect.getattr_static(kind, name)
    function = getattr(static, "__func__", static)
    if inspect.iscoroutinefunction(function):

        async def hook(*args, **kwargs):
            seen.add(name)
            return await function(*args, **kwargs)

    else:

        def hook(*args, **kwargs):
            seen.add(name)
            return function(*args, **kwargs)

    return type(static)(hook) if isinstance(static, staticmethod | classmethod) else hook


def subclasses(kind, seen):
    """Classes with hooks: the most in one, some in one of their own."""
    names = methods(kind)
    groups = [[name] for name in names if name in ALONE]
    groups.append([name for name in names if name not in ALONE])
    for group in groups:
        yield type("Hooked", (kind,), {name: hook_of(kind, name, seen) for name in group})


async def session(client_kind, server_kind, root):
    """Something of everything."""
    user = aioftp.User("ann", "x", base_path=root)
    server = server_kind([user])
    await server.start("127.0.0.1", 0)
    client = client_kind()
    await client.connect("127.0.0.1", server.server_port)
    await client.login("ann", "x")
    await client.get_current_directory()
    await client.make_directory("folder/below")
    async with client.upload_stream("folder/one") as stream:
        await stream.write(b"1")
    async with client.append_stream("folder/one", offset=1) as stream:
        await stream.write(b"2")
    await client.upload(root / "folder", "copy", write_into=True)
    async with client.download_stream("folder/one") as stream:
        assert await stream.read() == b"12"
    await client.download("folder/one", root / "back", write_into=True)
    await client.list(recursive=True)
    await client.list(raw_command="LIST")
    client._passive_commands = ("pasv",)
    await client.list()
    await client.rename("folder/one", "two")
    await client.change_directory("folder")
    await client.change_directory()
    for line in ("TYPE I", "REST 0", "SYST", "PBSZ 0", "PROT P", "MLST two"):
        await client.command(line, ("2xx", "350"))
    await client.abort()
    for name in ("two", "folder", "copy", "back"):
        await client.remove(name)
    await client.quit()
    await server.close()


async def main(root: pathlib.Path) -> list[object]:
    """Those that are."""
    clients, servers = set(), set()
    for kind in subclasses(aioftp.Client, clients):
        await session(kind, aioftp.Server, root)
    for kind in subclasses(aioftp.Server, servers):
        await session(aioftp.Client, kind, root)
    return [sorted(clients), sorted(servers)]
