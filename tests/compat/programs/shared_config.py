"""A settings page: it tries an account, makes what is missing, and tells people why."""

# mypy: ignore-errors

from __future__ import annotations

import logging
import pathlib
from dataclasses import dataclass

import aioftp
from aioftp.errors import AIOFTPException


@dataclass
class Account:
    """What somebody has typed in."""

    host: str
    port: int
    user: str
    password: str
    folder: str


async def try_out(account: Account) -> dict[str, object]:
    """Log in, make the folder, write and read a file, and take it away again."""
    try:
        async with aioftp.Client.context(
            account.host, port=account.port, user=account.user, password=account.password
        ) as client:
            if account.folder and not await client.exists(account.folder):
                await client.make_directory(account.folder)
            await client.change_directory(account.folder or "/")
            async with client.upload_stream(".probe") as stream:
                await stream.write(b"probe")
            async with client.download_stream(".probe") as stream:
                content = await stream.read()
            await client.remove(".probe")
            left = [path.name for path, _ in await client.list()]
            return {"ok": content == b"probe", "left": left, "dir": await client.is_dir(".")}
    except aioftp.StatusCodeError as error:
        code = str(error.received_codes[0])
        return {"ok": False, "why": {"530": "login", "550": "rights"}.get(code, code)}
    except AIOFTPException as error:
        return {"ok": False, "why": type(error).__name__}
    except (OSError, ValueError) as error:
        return {"ok": False, "why": type(error).__name__}


async def main(root: pathlib.Path) -> list[object]:
    """Several people's settings."""
    logging.getLogger("aioftp").setLevel(logging.CRITICAL)
    (root / "theirs").mkdir()
    users = [
        aioftp.User("full", "secret", base_path=root),
        aioftp.User(
            "reader",
            "secret",
            base_path=root,
            permissions=[aioftp.Permission("/", writable=False)],
        ),
        aioftp.User("home", "secret", base_path=root, home_path="/theirs"),
    ]
    server = aioftp.Server(users)
    host, port = await server.start("127.0.0.1", 0) or server.address
    told = [
        await try_out(Account(host, port, "full", "secret", "a/b/c")),
        await try_out(Account(host, port, "full", "secret", "a/b/c")),
        await try_out(Account(host, port, "full", "secret", "")),
        await try_out(Account(host, port, "full", "wrong", "")),
        await try_out(Account(host, port, "reader", "secret", "new")),
        await try_out(Account(host, port, "reader", "secret", "a")),
        await try_out(Account(host, port, "home", "secret", "below")),
        await try_out(Account(host, port, "full", "secret", "line\nbreak")),
    ]
    await server.close()
    told.append(await try_out(Account(host, port, "full", "secret", "")))
    return [*told, sorted(str(path.relative_to(root)) for path in root.rglob("*"))]
