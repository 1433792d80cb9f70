"""Any two features of copies at once, on other programs' servers, whatever breaks off meanwhile.

Sessions are drawn so that each two values of different kinds meet. Whatever comes of one: what is
said to have gone over is there, content compared; no file has a final name with anything but its
old content or its new one (a server's own, written in place, may be a part of the new one); and
nothing is deleted unless all else went well.
"""

from __future__ import annotations

import math
import os
import random
import resource
import ssl
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream

from anyftp import Client, FTPError, RetryPolicy, StreamThrottle
from client.relay import Manner, Relay
from interop.daemons import Daemon, StartDaemon
from interop.pairs import pairwise
from support.clocks import BRISK_BACKENDS, Backend

#: So many sessions are drawn from: with them come more pairs, and more servers' time.
DRAWN = int(os.environ.get("ANYFTP_TOGETHER", "300"))

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.interop,
    pytest.mark.timeout(180 if DRAWN <= 300 else 3600),
]

KINDS: dict[str, tuple[str, ...]] = {
    "server": ("vsftpd", "pure-ftpd", "proftpd", "pyftpdlib", "aioftp"),
    "way": ("get", "get-tree", "put", "put-tree", "mirror-down", "mirror-up"),
    "breaks": ("nowhere", "fin", "reset", "silence", "control-fin", "restart", "full"),
    "resume": ("anew", "resume"),
    "retry": ("once", "retry"),
    "atomic": ("in-place", "atomic", "if-possible"),
    "jobs": ("1-job", "3-jobs"),
    "segments": ("whole", "segments"),
    "sizes": ("sizes", "no-sizes"),
    "limits": ("free", "limited"),
    "items": ("all-or-none", "on-error"),
    "beats": ("still", "keep-alive"),
    "tls": ("off", "explicit", "implicit", "clear-data"),
    "names": ("plain", "odd"),
}

BIG = random.Random(7).randbytes(2_300_000)
SMALL = b"It was a bright cold day in April.\r\n" * 10
PLAIN = {"big": BIG, "d/small": SMALL, "d/e/empty": b""}
ODD_NAMES = ("with blank", "100%41", "no #1", "-dash", "grüße", "[a]", "a;b=c", '"', "~", "x" * 255)
ODD = PLAIN | {f"d/{name}": name.encode() for name in ODD_NAMES}
#: Seconds that one session may take on a busy machine: four tries of a server that falls silent
#: (pyftpdlib does over TLS when its disk is full), each until the time-out of 10 s and the close.
BOUND = 60.0
#: The longest file on a disk that is full.
FULL_BYTES = 300_000
#: What is at the destination already.
OLD = b"as it was before"
EXTRA = "d/extra"


@dataclass(frozen=True)
class Session:
    """One session: a value of each kind."""

    server: str
    way: str
    breaks: str
    resume: str
    retry: str
    atomic: str
    jobs: str
    segments: str
    sizes: str
    limits: str
    items: str
    beats: str
    tls: str
    names: str

    @property
    def is_down(self) -> bool:
        return self.way in ("get", "get-tree", "mirror-down")

    @property
    def is_mirror(self) -> bool:
        return self.way.startswith("mirror")

    @property
    def is_file(self) -> bool:
        return self.way in ("get", "put")

    @property
    def is_possible(self) -> bool:
        """Whether the options go together; what contradicts itself is tried elsewhere."""
        is_resumed, is_cut = self.resume == "resume", self.segments == "segments"
        if self.server == "aioftp" and self.tls != "off":
            return False
        if (self.server, self.tls) == ("pure-ftpd", "implicit"):
            return False
        if self.atomic != "in-place" and (self.is_down or (is_resumed and self.atomic == "atomic")):
            return False
        if is_resumed and self.way == "mirror-up":
            return False
        if self.is_mirror and self.sizes == "no-sizes":
            return False
        return not is_cut or (self.way == "get" and not is_resumed)

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"jobs": int(self.jobs[0])}
        if self.limits == "limited":
            options["throttle"] = StreamThrottle.from_limits(8e6, 8e6)
        if self.items == "on-error":
            options["on_error"] = lambda path, error: None
        if self.resume == "resume":
            options["resume"] = True
        if not self.is_mirror:
            options["verify_size"] = self.sizes == "sizes"
        if not self.is_down and self.atomic != "in-place":
            options["atomic"] = True if self.atomic == "atomic" else "if-possible"
        if self.segments == "segments":
            options["segments"] = 3
        if self.is_mirror:
            options["delete"] = True
        return options


@cache
def sessions() -> list[Session]:
    draw = random.Random(1959)
    drawn: set[tuple[str, ...]] = set()
    while len(drawn) < DRAWN:
        values = tuple(draw.choice(kind) for kind in KINDS.values())
        if Session(*values).is_possible:
            drawn.add(values)
    chosen = pairwise(sorted(drawn)) if DRAWN <= 300 else sorted(drawn)
    return [Session(*values) for values in chosen]


class Gateway(Relay):
    """A relay that can also be a server that restarts: all connections end, none is let in."""

    refuses_until = -math.inf

    async def dial(self, host: str, port: int) -> ByteStream:
        if anyio.current_time() < self.refuses_until:
            raise ConnectionRefusedError(111, "the server starts")
        return await super().dial(host, port)

    async def _break_off(self, source: ByteStream, target: ByteStream) -> None:
        if self.restarts:
            self.refuses_until = anyio.current_time() + 0.05
            for stream in self._open:
                await anyio.aclose_forcefully(stream)
        else:
            await super()._break_off(source, target)

    restarts = False


@pytest.fixture(params=[BRISK_BACKENDS[0], BRISK_BACKENDS[2]])
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.mark.parametrize("server", KINDS["server"])
async def test_any_two_features(
    server: str,
    ftp_daemon: StartDaemon,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
    anyio_backend_name: str,
) -> None:
    failures = []
    ours = [each for each in sessions() if each.server == server]
    half = ours[::2] if anyio_backend_name == "trio" else ours[1::2]
    for number, session in enumerate(half if DRAWN <= 300 else ours):
        tls = "explicit" if session.tls == "clear-data" else session.tls
        wanted: dict[str, Any] = {} if tls == "off" else {"tls": tls}
        if session.tls == "clear-data":
            wanted["clear_data"] = True
        elif tls != "off":
            wanted["reuse"] = server in {"vsftpd", "proftpd"}
        if session.breaks == "full" and not session.is_down:
            wanted["file_bytes"] = FULL_BYTES
        stage = Stage(session, ftp_daemon(server, **wanted), tmp_path / str(number))
        try:
            await stage.run(client_tls)
        except AssertionError as error:
            failures.append(f"{session}: {error}")
    assert not failures, "\n".join(failures)


class Stage:
    """Both sides of one session, laid out."""

    def __init__(self, session: Session, daemon: Daemon, mine: Path) -> None:
        self.session, self.daemon, self.mine = session, daemon, mine
        self.stored, self.remote = daemon.folder()
        mine.mkdir()
        self.files = ODD if session.names == "odd" else PLAIN
        source, target = (self.stored, mine) if session.is_down else (mine, self.stored)
        self._lay(source / "source", self.files)
        if session.is_file:
            self.before = {"big": OLD}
        else:
            self.before = {"d/small": OLD, EXTRA: OLD}
        self.target = target / "into" / "source"
        self._lay(self.target, self.before)
        daemon.setup.give(target / "into")

    def _lay(self, root: Path, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (1_500_000_000, 1_500_000_000 + len(content)))
        for path in (root, *sorted(root.rglob("*"))):
            self.daemon.setup.give(path)

    async def run(self, context: ssl.SSLContext) -> None:
        session = self.session
        error: FTPError | None = None
        report: Any = None
        async with anyio.create_task_group() as group:
            gateway = Gateway(group)
            with anyio.move_on_after(BOUND) as scope:
                try:
                    report = await self._move(gateway, context)
                except FTPError as failure:
                    error = failure
            await gateway.aclose()
            group.cancel_scope.cancel()
        assert not scope.cancelled_caught, "it took too long"
        self.check(report, error)
        if session.breaks == "nowhere":
            assert error is None, repr(error)

    async def _move(self, gateway: Gateway, context: ssl.SSLContext) -> Any:
        session, daemon = self.session, self.daemon
        tls: Any = {"off": None, "clear-data": "explicit"}.get(session.tls, session.tls)
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                Client.context(
                    daemon.host,
                    daemon.port,
                    daemon.user,
                    daemon.password,
                    tls=tls,
                    ssl_context=context if tls else None,
                    timeout=1.0 if session.breaks == "silence" else 10.0,
                    confirmation_timeout=2.0,
                    close_timeout=1.0,
                    protect_data=session.tls != "clear-data",
                    retry=RetryPolicy(4, 0.1) if session.retry == "retry" else None,
                    dialler=gateway.dial,
                )
            )
            if session.beats == "keep-alive":
                await stack.enter_async_context(client.keep_alive(0.05))
            self._break(gateway)
            with limited_files(session):
                return await self._copy(client)

    def _break(self, gateway: Gateway) -> None:
        session = self.session
        manners: dict[str, Manner] = {"reset": "reset", "silence": "silence"}
        gateway.manner = manners.get(session.breaks, "fin")
        gateway.restarts = session.breaks == "restart"
        gateway.side = "control" if session.breaks == "control-fin" else "data"
        if session.breaks not in ("nowhere", "full"):
            most = 600 if gateway.side == "control" else 2_000_000
            position = random.Random(str(session)).randrange(most)
            gateway.position = gateway.counts[gateway.side] + position

    async def _copy(self, client: Client) -> Any:
        way, options = self.session.way, self.session.options()
        far = self.remote / ("source" if self.session.is_down else "into/source")
        source, target = self.mine / "source", self.target
        if way == "get":
            return await client.download(far / "big", target / "big", **options)
        if way == "put":
            return await client.upload(source / "big", far / "big", **options)
        if way == "get-tree":
            return await client.download(far, target.parent, **options)
        if way == "put-tree":
            return await client.upload(source, far.parent, **options)
        if way == "mirror-down":
            return (await client.mirror_download(far, target, **options)).transfer
        return (await client.mirror_upload(source, far, **options)).transfer

    def check(self, report: Any, error: FTPError | None) -> None:
        session = self.session
        found = {
            path.relative_to(self.target).as_posix(): path.read_bytes()
            for path in self.target.rglob("*")
            if path.is_file()
        }
        wanted = {"big": BIG} if session.is_file else self.files
        if error is None and not report.failed:
            kept = {} if session.is_mirror else {EXTRA: OLD}
            expected = wanted | (kept if not session.is_file else {})
            left = {name for name in found.keys() - expected.keys() if not is_ours(name)}
            assert not left, f"left: {left}"
            missing = {name for name in expected if found.get(name) != expected[name]}
            if session.sizes == "no-sizes" and session.breaks in ("fin", "restart"):
                # Who asks for no size, and is told none, believes a part that is confirmed.
                missing = {name for name in missing if not is_part_of(found, name, expected)}
            assert not missing, f"said to be there: {missing}; {report}"
            return
        assert session.is_file or EXTRA in found, f"deleted after {error!r} {report}"
        for name in found:
            if is_ours(name):
                continue
            right = [self.before.get(name), wanted.get(name)]
            is_part = not session.is_down and session.atomic != "atomic"
            if is_part and wanted.get(name, b"").startswith(found[name]):
                continue
            assert found[name] in right, f"wrong under {name} after {error!r} {report}"
        lost = {name for name in self.before if name not in found}
        assert not lost, f"lost {lost} after {error!r}"


def is_part_of(found: dict[str, bytes], name: str, expected: dict[str, bytes]) -> bool:
    """Whether what was found under a name is how it begins."""
    return name in found and expected[name].startswith(found[name])


def is_ours(name: str) -> bool:
    """Whether a name is one of those under which parts lie."""
    return PurePosixPath(name).name.startswith(".")


@contextmanager
def limited_files(session: Session) -> Iterator[None]:
    """Where the disk is full, no file here becomes longer."""
    if session.breaks != "full" or not session.is_down:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
