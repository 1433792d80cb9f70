"""A crawler's download handler: a URL in, a response with status, headers and body out."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import aioftp

#: What the server's codes are in HTTP's terms.
STATUS = {"550": 404, "530": 403, "default": 503}
MAXIMUM = 100_000


@dataclass
class Response:
    """What the crawler's spiders see."""

    url: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class TooLarge(Exception):
    """The file is larger than the crawler wants it."""


class Handler:
    """Fetches ftp URLs; at most two at once from one host."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.slots: dict[str, asyncio.Semaphore] = {}

    async def fetch(self, url: str) -> Response:
        """One URL, whatever happens."""
        parts = urlsplit(url)
        slot = self.slots.setdefault(parts.netloc, asyncio.Semaphore(2))
        async with slot:
            try:
                return await asyncio.wait_for(self.download(url), self.timeout)
            except aioftp.StatusCodeError as error:
                code = str(error.received_codes[-1])
                return Response(url, STATUS.get(code, STATUS["default"]))
            except TooLarge as error:
                return Response(url, 413, {"reason": str(error)})
            except OSError as error:
                return Response(url, 502, {"reason": type(error).__name__})

    async def download(self, url: str) -> Response:
        """One file, or the names in a folder."""
        parts = urlsplit(url)
        path = pathlib.PurePosixPath(unquote(parts.path or "/"))
        async with aioftp.Client.context(
            parts.hostname or "",
            parts.port or aioftp.DEFAULT_PORT,
            unquote(parts.username or aioftp.DEFAULT_USER),
            unquote(parts.password or aioftp.DEFAULT_PASSWORD),
            socket_timeout=self.timeout,
        ) as client:
            if await client.is_dir(path):
                names = sorted(found.name for found, _ in await client.list(path))
                return Response(url, 200, {"kind": "folder"}, "\n".join(names).encode())
            size = int((await client.stat(path))["size"])
            if size > MAXIMUM:
                raise TooLarge(f"{size} bytes")
            body = bytearray()
            async with client.download_stream(path) as stream:
                async for block in stream.iter_by_block(1000):
                    body += block
            return Response(url, 200, {"kind": "file", "size": str(size)}, bytes(body))


async def main(root: pathlib.Path) -> list[object]:
    """What such a handler makes of a dozen URLs."""
    (root / "a file.txt").write_bytes(b"some text\n" * 500)
    (root / "empty").write_bytes(b"")
    (root / "large").write_bytes(bytes(MAXIMUM + 1))
    (root / "folder").mkdir()
    (root / "folder" / "\N{LATIN SMALL LETTER E WITH ACUTE}").write_bytes(b"accent")
    users = [
        aioftp.User(base_path=root, permissions=[aioftp.Permission("/", writable=False)]),
        aioftp.User("ann", "p@ss", base_path=root / "folder"),
    ]
    server = aioftp.Server(users)
    await server.start("127.0.0.1", 0)
    port = server.server_port
    await asyncio.sleep(0)
    handler = Handler(5)
    asked = [
        *("a%20file.txt", "empty", "large", "nothing", "folder", "folder/%C3%A9", "folder/no", ""),
    ]
    urls = [f"ftp://127.0.0.1:{port}/{path}" for path in asked]
    urls += [f"ftp://ann:p%40ss@127.0.0.1:{port}/%C3%A9", f"ftp://ann:no@127.0.0.1:{port}/"]
    found = await asyncio.gather(*map(handler.fetch, urls))
    await server.close()
    found.append(await handler.fetch(urls[0]))
    return [(each.status, each.headers, each.body) for each in found]
