"""One client of the soak: a folder on the server, and random operations in it."""

import random
import shutil
import ssl
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from anyftp import Client, ConnectionLost, FTPError, PermanentReplyError, RetryPolicy
from soak.blackbox import FOUND, BlackBox
from soak.harm import BREAKING, KINDS, WEIGHTS, Dialler, disturbed
from soak.model import (
    Change,
    Content,
    Model,
    described,
    digest,
    matches,
    nbytes_of,
    new_content,
    rendered,
)
from soak.server import SESSIONS

NAMES = tuple(f"f{number}" for number in range(6))
TREE = tuple(f"tree/{number}" for number in range(4))
STUCK_SECONDS = 60.0
REFUSAL = "421 Too many connections of this user"
PROTECTIONS = ("clear", "TLS", "TLS but for data")
OPERATIONS = (
    "upload",
    "upload_stream",
    "append",
    "download",
    "download_stream",
    "rename",
    "remove",
    "list",
    "upload_tree",
    "download_tree",
    "remove_tree",
)
Work = Callable[[], Coroutine[Any, Any, None]]


class Tenant:
    """One user with a folder of its own, a model of it, and a connection that comes and goes.

    Attributes:
        counts: what has happened how often.
        problems: what should not have happened.
    """

    def __init__(self, name: str, task: dict[str, Any]) -> None:
        self.name = name
        self.model = Model()
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.box = BlackBox()
        self._task = task
        self._random = random.Random(f"{task['seed']} {name}")
        self._local = Path(task["target"]) / name
        self._dialler = Dialler(task["port"])
        self._protection = ""
        self._clients = 0
        self._is_persistent = False
        self._client = self._new_client()
        self._last = "nothing yet"

    def _new_client(self) -> Client:
        self._clients += 1
        self._protection = self._random.choice(PROTECTIONS)
        self._is_persistent = self._random.random() < 0.5
        return Client(
            dialler=self._dialler,
            retry=RetryPolicy() if self._is_persistent else None,
            timeout=STUCK_SECONDS / 2,
            ssl_context=ssl._create_unverified_context(),
            protect_data=self._protection == "TLS",
            trace=partial(self._trace, self._clients),
        )

    def _trace(self, number: int, direction: str, line: str) -> None:
        self.box.note(self.name, f"client {number} {'>' if direction == 'sent' else '<'} {line}")

    async def live(self, until: float) -> None:
        """Do one thing after the other until a time; then verify everything and leave."""
        self._local.mkdir()
        try:
            await self._connect(self._client, self._protection)
            while anyio.current_time() < until:
                await self._one_operation()
            await self._verify_all()
            await self._client.quit()
        except Exception:
            self._problem(f"gave up: {traceback.format_exc(limit=-4)}")
        finally:
            self._client.close()
        left = [str(path) for path in self._local.rglob(".*")]
        if left:
            self._problem(f"left behind locally: {left}")
        shutil.rmtree(self._local)

    def told(self) -> dict[str, str]:
        """The files that there should be, with their hashes."""
        return {f"{self.name}/{path}": digest(it) for path, it in self.model.files.items()}

    def _problem(self, text: str) -> None:
        self.problems.append(f"{self.name} ({self._protection}), {self._last}: {text}")
        self.box.note(self.name, f"{FOUND}{text}")

    # The connection

    async def _outlive_earlier_sessions(self) -> None:
        """Have as many sessions as the server allows: then no other goes on."""
        others = [Client(timeout=STUCK_SECONDS / 2) for _ in range(SESSIONS - 1)]
        try:
            for other in others:
                await self._connect(other, "clear")
            for other in others:
                await other.quit()
        finally:
            for other in others:
                other.close()

    async def _connect(self, client: Client, protection: str) -> None:
        """Log in; as long as too many sessions are not over, the server refuses."""
        with anyio.fail_after(STUCK_SECONDS):
            while True:
                try:
                    await client.connect(
                        self._task["host"],
                        self._task["port"],
                        tls=None if protection == "clear" else "explicit",
                    )
                    await client.login(self.name, "any")
                    return
                except ConnectionLost as error:
                    if REFUSAL not in str(error):
                        raise
                    self.counts["refused"] += 1
                    client.close()
                    await anyio.sleep(0.01)

    async def _connect_if_lost(self) -> None:
        if not self._client.is_connected:
            self.counts["reconnects"] += 1
            self._client.close()
            self._client = self._new_client()
            await self._connect(self._client, self._protection)

    # Operations

    async def _one_operation(self) -> None:
        kind = self._random.choices(KINDS, WEIGHTS)[0]
        operation = self._random.choice(OPERATIONS)
        names = self._random.sample(NAMES, 2)
        touched = set(TREE) if operation.endswith("_tree") else set(names)
        if operation != "list":
            await self._settle(touched)
        work, changes = await getattr(self, f"_{operation}")(*names)
        if work is None:
            return
        self._last = f"{operation} disturbed by {kind}"
        self.box.note(self.name, f"client does {self._last}: {' '.join(sorted(touched))}")
        self.counts["operations"] += 1
        is_done = await self._do(kind, work)
        if is_done:
            for change in changes:
                self.model.apply(change)
        else:
            self.model.doubts += changes
            self.counts["disconnects" if kind in BREAKING else "cancellations"] += 1
            if kind in ("timer", "checkpoint") and not self._client.is_connected:
                self.counts["lost"] += 1
        if kind == "cut" and not self._is_persistent:
            self._client.close()  # it may not have noticed yet
        is_lost = not self._client.is_connected
        await self._connect_if_lost()
        if is_lost or kind in BREAKING or (not is_done and operation.endswith("_tree")):
            await self._outlive_earlier_sessions()
        if self._random.random() < 0.7:
            await self._settle(self.model.doubted())

    async def _do(self, kind: str, work: Work) -> bool:
        try:
            with anyio.fail_after(STUCK_SECONDS):
                return await disturbed(kind, self._random, self._client, self._dialler, work)
        except (FTPError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._problem(traceback.format_exc(limit=-6))
            return False

    async def _settle(self, names: set[str]) -> None:
        """Look at the files of which it is not known whether they were changed."""
        for change in [change for change in self.model.doubts if names & set(change)]:
            found = {name: await self._fetch(name) for name in change}
            wrong = self.model.settle(change, found)
            self.counts["verified"] += len(change)
            if wrong is not None:
                self.counts["wrong"] += 1
                self._problem(wrong)

    async def _fetch(self, name: str) -> bytes | None:
        """A file as it is, None if there is none; by a new connection if this one was lost."""
        while True:
            try:
                with anyio.fail_after(STUCK_SECONDS):
                    async with self._client.download_stream(name) as stream:
                        return await stream.read(-1)
            except PermanentReplyError as error:
                if "No such file" not in str(error):
                    raise
                return None
            except ConnectionLost:
                # Allowed after a cancellation: the client says so rather than get out of step.
                self.counts["lost"] += 1
                await self._connect_if_lost()
                await self._outlive_earlier_sessions()

    async def _verify_all(self) -> None:
        await self._settle(self.model.doubted())
        self._last = "at the end"
        for name in (*NAMES, *TREE):
            self._check(name, await self._fetch(name))

    def _check(self, name: str, found: bytes | None) -> None:
        self.counts["verified"] += 1
        wanted = self.model.files.get(name)
        if not matches(found, wanted):
            self.counts["wrong"] += 1
            self._problem(f"{name} is {described(found, (wanted,))}")

    async def _upload(self, name: str, _: str) -> tuple[Work, list[Change]]:
        content = new_content(self._random)
        source = self._local / "source"
        source.write_bytes(rendered(content))

        async def work() -> None:
            await self._client.upload(source, name)

        return work, [{name: content}]

    async def _upload_stream(self, name: str, _: str) -> tuple[Work, list[Change]]:
        content = new_content(self._random)
        return self._sending(self._client.upload_stream(name), content), [{name: content}]

    async def _append(self, name: str, _: str) -> tuple[Work, list[Change]]:
        more = new_content(self._random)
        whole = self.model.files.get(name, ()) + more
        if nbytes_of(whole) > 2 * len(rendered(more)) + (1 << 20):
            return await self._upload(name, _)  # lest files grow for ever
        return self._sending(self._client.append_stream(name), more), [{name: whole}]

    def _sending(self, opening: Any, content: Content) -> Work:
        async def work() -> None:
            async with opening as stream:
                data = rendered(content)
                for start in range(0, len(data), 50_000):
                    await stream.write(data[start : start + 50_000])

        return work

    async def _download(self, name: str, _: str) -> tuple[Work | None, list[Change]]:
        if name not in self.model.files:
            return None, []
        target = self._local / "copy"

        async def work() -> None:
            try:
                await self._client.download(name, target)
            finally:
                if target.exists():
                    self._check(name, target.read_bytes())
                    target.unlink()

        return work, []

    async def _download_stream(self, name: str, _: str) -> tuple[Work | None, list[Change]]:
        if name not in self.model.files:
            return None, []
        data = rendered(self.model.files[name])
        offset = self._random.randint(0, len(data))

        async def work() -> None:
            async with self._client.download_stream(name, offset=offset) as stream:
                found = await stream.read(-1)
            if found != data[offset:]:
                self.counts["wrong"] += 1
                self._problem(f"{name} from {offset} on: {len(found)} bytes of {len(data)}")

        return work, []

    async def _rename(self, old: str, new: str) -> tuple[Work | None, list[Change]]:
        if old not in self.model.files:
            return None, []

        async def work() -> None:
            await self._client.rename(old, new)

        return work, [{old: None, new: self.model.files[old]}]

    async def _remove(self, name: str, _: str) -> tuple[Work | None, list[Change]]:
        if name not in self.model.files:
            return None, []

        async def work() -> None:
            await self._client.remove(name)

        return work, [{name: None}]

    async def _list(self, *_: str) -> tuple[Work, list[Change]]:
        doubted = self.model.doubted()
        wanted = {
            name: nbytes_of(self.model.files[name])
            for name in NAMES
            if name in self.model.files and name not in doubted
        }

        async def work() -> None:
            entries = await self._client.list()
            found = {
                entry.name: entry.size
                for entry in entries
                if entry.is_file and entry.name not in doubted
            }
            if found != wanted:
                self.counts["wrong"] += 1
                self._problem(f"listed {found}, not {wanted}")

        return work, []

    # Trees

    async def _upload_tree(self, *_: str) -> tuple[Work, list[Change]]:
        folder = self._local / "tree"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        contents = {name: new_content(self._random) for name in TREE}
        for name, content in contents.items():
            (self._local / name).write_bytes(rendered(content))
        jobs = self._random.choice((1, 2))

        async def work() -> None:
            await self._client.upload(folder, "/", jobs=jobs)

        return work, [{name: content} for name, content in contents.items()]

    async def _download_tree(self, *_: str) -> tuple[Work | None, list[Change]]:
        wanted = {name for name in TREE if name in self.model.files}
        if not wanted:
            return None, []
        folder = self._local / "copies"
        shutil.rmtree(folder, ignore_errors=True)
        jobs = self._random.choice((1, 2))

        async def work() -> None:
            is_done = False
            try:
                await self._client.download("tree", folder, jobs=jobs)
                is_done = True
            finally:
                for name in wanted:
                    path = folder / Path(name).name
                    if is_done or path.exists():
                        self._check(name, path.read_bytes() if path.exists() else None)

        return work, []

    async def _remove_tree(self, *_: str) -> tuple[Work | None, list[Change]]:
        wanted = [name for name in TREE if name in self.model.files]
        if not wanted:
            return None, []

        async def work() -> None:
            await self._client.remove("tree")

        return work, [{name: None} for name in wanted]
