"""Links to the pages of Python, anyio and trio, without asking for their inventories.

Intersphinx fetches a list of all names from each project, at each build; who has no network builds
pages without links then, with a warning. So the names that our pages mention stand here, with their
pages, and inventories are made of them.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "inventories"

_ABC = "Awaitable Callable Collection Coroutine Generator Iterable Iterator Mapping Sequence"
#: Base address; page by page the names in it, `short=full` where we say it otherwise.
PROJECTS: dict[str, tuple[str, dict[str, str]]] = {
    "python": (
        "https://docs.python.org/3",
        {
            "library/pathlib.html": "pathlib.Path pathlib.PurePosixPath Path=pathlib.Path "
            "PurePosixPath=pathlib.PurePosixPath",
            "library/collections.abc.html": " ".join(
                f"collections.abc.{name}" for name in f"{_ABC} AsyncGenerator AsyncIterator".split()
            ),
            "library/datetime.html": "datetime.datetime datetime.tzinfo tzinfo=datetime.tzinfo",
            "library/ssl.html": "ssl.SSLContext ssl.SSLError ssl.SSLObject ssl.MemoryBIO "
            "ssl.SSLSession _ssl.SSLSession=ssl.SSLSession",
            "library/os.html": "os.PathLike",
            "library/socket.html": "socket.socket",
            "library/contextlib.html": "contextlib.AbstractAsyncContextManager",
            "library/asyncio-stream.html": "asyncio.StreamReader asyncio.StreamWriter "
            "asyncio.streams.StreamReader=asyncio.StreamReader "
            "asyncio.streams.StreamWriter=asyncio.StreamWriter",
            "library/asyncio-exceptions.html": "asyncio.TimeoutError asyncio.IncompleteReadError",
            "library/exceptions.html": "BrokenPipeError EOFError FileNotFoundError "
            "NotImplementedError OSError PermissionError RuntimeError TimeoutError TypeError "
            "ValueError",
            "library/functions.html": "bool float int object",
            "library/stdtypes.html": "bytes dict frozenset list memoryview set str tuple",
        },
    ),
    "anyio": (
        "https://anyio.readthedocs.io/en/stable",
        {
            "api.html": "anyio.BrokenResourceError anyio.BusyResourceError anyio.CancelScope "
            "anyio.ClosedResourceError anyio.DelimiterNotFound anyio.EndOfStream "
            "anyio.IncompleteRead anyio.abc.ByteStream anyio.abc.ObjectStream anyio.abc.TaskGroup "
            "anyio.abc.TaskStatus anyio.abc._streams.ObjectStream=anyio.abc.ObjectStream"
        },
    ),
    "trio": (
        "https://trio.readthedocs.io/en/stable",
        {
            "reference-core.html": "trio.BrokenResourceError trio.ClosedResourceError trio.Nursery",
            "reference-io.html": "trio.SocketStream trio.abc.HalfCloseableStream trio.abc.Stream",
        },
    ),
}


def inventory(project: str, pages: dict[str, str]) -> bytes:
    """The names of a project in the format of Sphinx, version 2."""
    lines = []
    for page, names in pages.items():
        for word in names.split():
            name, _, full = word.partition("=")
            kind = "exception" if full.endswith("Error") or name.endswith("Error") else "class"
            lines.append(f"{name} py:{kind} 1 {page}#{full or name} -\n")
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version:\n"
    head += "# The remainder of this file is compressed using zlib.\n"
    return head.encode() + zlib.compress("".join(lines).encode())


def write_inventories(app: Any, config: Any) -> None:
    """Make them, and tell intersphinx where they are."""
    FOLDER.mkdir(exist_ok=True)
    for project, (address, pages) in PROJECTS.items():
        path, content = FOLDER / f"{project}.inv", inventory(project, pages)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
        config.intersphinx_mapping[project] = (address, (str(path),))


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("config-inited", write_inventories, priority=100)  # before intersphinx looks
    return {"parallel_read_safe": True}
