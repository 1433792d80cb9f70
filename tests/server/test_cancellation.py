"""The server is cancelled, or its client vanishes, at every moment of a session; SECURITY row A8.

Clients do something of everything, in clear text and over TLS, and each run is interrupted at
another of the moments at which a task of the server waits. The three event loops share the moments
among them. Nothing is to be left: no socket, no listener, no file under a temporary name, no half
of a file, no task.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import pytest

from anyftp._fs import LocalFileSystem
from anyftp._protocol import OPTIONAL_VERBS
from anyftp._server import Server
from server.interruption import Interruption
from server.probe import Address, Probe, server_of, until_tidy
from support.clocks import BACKENDS, Backend
from support.leaks import leaked_since, open_descriptors

pytestmark = [pytest.mark.anyio, pytest.mark.every_loop]

OLD, NEW = b"old" * 40_000, b"new" * 50_000
#: The runs of one scene are spread over this many tests, so that none takes long.
PARTS = 2

Scene = Callable[[Probe], object]
#: What a client may see when its server or it itself is gone.
GONE = (OSError, EOFError, AssertionError, anyio.BrokenResourceError, anyio.ClosedResourceError)


async def plain(probe: Probe) -> None:
    """Files both ways, listings, names, data connections that are not used."""
    await probe.log_in()
    await probe.upload("STOR f", NEW)
    await probe.upload("APPE g", NEW)
    await probe.download("RETR f")
    await probe.download("MLSD")
    await probe.codes("MKD d", "RNFR d", "RNTO e", "EPSV", "RETR f")
    await probe.send("ABOR")
    await probe.reply()
    await probe.codes("SIZE f", "PASV")


async def switched_on(probe: Probe) -> None:
    """What is off by default, and a client that leaves in mid-upload."""
    await probe.log_in()
    await probe.codes("HASH f", "XCRC f", "AVBL", "MODE Z")
    await probe.upload("STOR f", zlib.compress(NEW))
    await probe.download("RETR f")
    await probe.codes("MODE S", "RMD e", "RANG 0 9")
    await probe.upload("STOR f", NEW[:10])
    await probe.codes("COMB e f g", "DELE e")
    async with await probe.open_data() as data:
        await probe.ask("STOR g")
        await data.write(NEW)
        probe.stream.close()


async def over_tls(context: ssl.SSLContext, probe: Probe) -> None:
    """Handshakes on both connections."""
    await probe.reply()
    await probe.start_tls(context)
    await probe.log_in_again()
    async with await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.start_tls(context, "127.0.0.1")
        await data.write(NEW)
        await data.aclose()
    await probe.reply()
    async with await probe.open_data() as data:
        await probe.ask("LIST")
        await data.start_tls(context, "127.0.0.1")
        await data.read()
        await data.aclose()
    await probe.reply()
    await probe.ask("QUIT")


class Stage:
    """One run: a server on a folder with the files f and g, and a client."""

    def __init__(self, root: Path, scene: Callable[[Probe], object], **options: object) -> None:
        self.root = root
        self.scene = scene
        root.mkdir()
        for name in ("f", "g"):
            (root / name).write_bytes(OLD)
        files = LocalFileSystem(root)
        self.server: Server = server_of(files, extensions=OPTIONAL_VERBS, **options)
        self.probe: Probe | None = None

    async def talk(self, address: Address) -> None:
        with suppress(*GONE):
            self.probe = await Probe.connect(address)
            await self.scene(self.probe)  # type: ignore[misc]

    def vanish(self) -> None:
        """The client is gone without a word."""
        if self.probe is not None:
            self.probe.stream.close()

    async def until_idle(self) -> None:
        """No session is left."""
        with anyio.fail_after(5):
            while self.server.sessions:
                await anyio.sleep(0.001)

    def check_files(self) -> None:
        """Whole files only: old, new, or what one command makes of both."""
        whole = {OLD, NEW, OLD + NEW, NEW[:10] + NEW[10:], NEW[:10] + OLD[10:], b""}
        whole |= {one + other for one in whole for other in whole}
        for path in self.root.iterdir():
            assert path.is_dir() or path.read_bytes() in whole, path.name


async def run_cancelled(stage: Stage, interruption: Interruption) -> None:
    """The server is cancelled at the moment."""
    async with anyio.create_task_group() as tasks:
        scope = anyio.CancelScope()
        interruption.act = scope.cancel
        started = anyio.Event()
        addresses: list[Address] = []

        async def serve() -> None:
            with scope:
                async with anyio.create_task_group() as serving:
                    found = await serving.start(partial(stage.server.serve, "127.0.0.1", 0))
                    addresses.append(found[0])
                    started.set()

        tasks.start_soon(serve)
        await started.wait()
        await stage.talk(addresses[0])
        stage.vanish()
        scope.cancel()
    assert stage.server.sessions == ()


async def run_vanished(stage: Stage, interruption: Interruption) -> None:
    """The client vanishes at the moment; the server serves the next one."""
    interruption.act = stage.vanish
    async with anyio.create_task_group() as tasks:
        (address,) = await tasks.start(partial(stage.server.serve, "127.0.0.1", 0))
        await stage.talk(address)
        stage.vanish()
        await stage.until_idle()
        await until_tidy(stage.root)
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            assert await probe.codes("PWD") == ["257"]
        await stage.until_idle()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scene", ["plain", "switched_on", "over_tls"])
@pytest.mark.parametrize("run", [run_cancelled, run_vanished])
async def test_a8_nothing_is_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    anyio_backend: Backend,
    run: Callable[[Stage, Interruption], object],
    scene: str,
    part: int,
) -> None:
    scenes: dict[str, Scene] = {
        "plain": plain,
        "switched_on": switched_on,
        "over_tls": partial(over_tls, client_tls),
    }
    context = server_tls if scene == "over_tls" else None
    step = PARTS * len(BACKENDS)
    first = 1 + PARTS * [each.values[0] for each in BACKENDS].index(anyio_backend) + part
    moment, has_happened = first, True
    while has_happened:
        before = open_descriptors()
        stage = Stage(tmp_path / str(moment), scenes[scene], ssl_context=context)
        interruption = Interruption(moment)
        with monkeypatch.context() as patch:
            interruption.watch_server(patch)
            await run(stage, interruption)  # type: ignore[misc]
        assert not leaked_since(before), moment
        assert not [path for path in stage.root.iterdir() if path.name.startswith(".")], moment
        stage.check_files()
        has_happened = interruption.has_happened
        moment += step
    assert moment > 30  # it was a scene of many moments
