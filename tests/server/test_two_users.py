"""Two users at one folder, each step of one between any two of the other, against a model of it.

Whatever they do, every reply that says yes is true, no reply says no without need, and the folder
holds what was confirmed and nothing else. `ann` may not replace files, `bob` may. With a quota,
what counts is what there is, at any moment, and more than it allows there never is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, aclosing
from pathlib import PurePosixPath
from typing import ClassVar, TypeVar

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from anyftp import (
    FileSystem,
    LocalFileSystem,
    MemoryFileSystem,
    Permission,
    QuotaFileSystem,
    Server,
    User,
)
from anyftp._streams import StreamIO
from anyftp.testing._file_system_checks import read_rest
from server.folder_model import File, Folder, FolderModel, Kind, Node, Upload
from server.probe import Probe, serving
from support.depth import deep
from support.halves import half

P = PurePosixPath
_T = TypeVar("_T")

NAMES = ["/a", "/b", "/d", "/d/a", "/e", "/e/d"]
USERS = ["ann", "bob"]
PATHS = st.sampled_from(NAMES).map(P)
KINDS = st.sampled_from(["STOR", "APPE", "APPE", "resume"])
#: Which of those that there are.
ONE = st.integers(0, 30)
CONTENTS = st.sampled_from([b"", b"few", b"m" * 70_000, b"M" * 300_000])


NO_REPLACING = Permission.ALL & ~Permission.OVERWRITE


def one(those: Sequence[_T], number: int) -> _T:
    """One of those that there are."""
    return those[number % len(those)]


class TwoUsers(RuleBasedStateMachine):
    """A server, two sessions, what each has under way, and what there should be."""

    backend: ClassVar[str]
    holds_folder: ClassVar[bool]
    follows_folder: ClassVar[bool]

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, tuple[Upload, StreamIO]] = {}
        self.model = FolderModel(holds_folder=self.holds_folder, follows_folder=self.follows_folder)
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal(self.backend))
        self.tree = self.limited(self.make_tree(self._stack))
        server = Server(
            [
                User("ann", "secret", file_system=self.tree, permissions=NO_REPLACING),
                User("bob", "secret", file_system=self.tree),
            ]
        )
        enter, wrap = self._stack.enter_context, self._portal.wrap_async_context_manager
        address = enter(wrap(serving(server)))
        self.probes: dict[str, Probe] = {}
        for name in ("ann", "bob"):
            self.probes[name] = enter(wrap(self._portal.call(Probe.connect, address)))
            self._portal.call(self.probes[name].log_in, name)
        for path in ("/d", "/e"):
            self.make_folder(0, P(path))
        for path in ("/a", "/d/a"):
            self.upload(1, "STOR", P(path), b"from the beginning")

    def make_tree(self, stack: ExitStack) -> FileSystem:
        raise NotImplementedError

    def limited(self, tree: FileSystem) -> FileSystem:
        """What both see of it."""
        return tree

    def teardown(self) -> None:
        for _, data in self.uploads.values():
            self._portal.call(data.aclose)
        self._stack.close()

    @property
    def _free(self) -> list[str]:
        """Who has no upload under way."""
        return [user for user in USERS if user not in self.uploads]

    @property
    def _busy(self) -> list[str]:
        return [user for user in USERS if user in self.uploads]

    def _paths(self, kind: type[Node]) -> list[P]:
        """All that there are of files or folders, the root left out."""
        return [P(name) for name in NAMES if isinstance(self.model.find(P(name)), kind)]

    @precondition(lambda self: self._free)
    @rule(who=ONE, path=PATHS)
    def make_folder(self, who: int, path: P) -> None:
        self._do(one(self._free, who), f"MKD {path}", "257", self.model.make(path))

    @precondition(lambda self: self._free)
    @rule(who=ONE, path=PATHS)
    def remove_folder(self, who: int, path: P) -> None:
        self._do(one(self._free, who), f"RMD {path}", "250", self.model.remove_folder(path))

    @precondition(lambda self: self._free)
    @rule(who=ONE, path=PATHS)
    def remove_file(self, who: int, path: P) -> None:
        self._do(one(self._free, who), f"DELE {path}", "250", self.model.remove_file(path))

    @precondition(lambda self: self._free)
    @rule(who=ONE, old=PATHS, new=PATHS)
    def rename(self, who: int, old: P, new: P) -> None:
        user = one(self._free, who)
        is_there = self.model.find(old) is not None
        self._do(user, f"RNFR {old}", "350", is_there)
        if is_there:
            done = self.model.rename(old, new, may_replace=user == "bob")
            self._do(user, f"RNTO {new}", "250", done)

    @precondition(lambda self: self._free and self._paths(File))
    @rule(who=ONE, which=ONE, new=PATHS)
    def rename_file(self, who: int, which: int, new: P) -> None:
        self.rename(who, one(self._paths(File), which), new)

    @precondition(lambda self: self._free and self._paths(Folder))
    @rule(who=ONE, which=ONE, new=PATHS)
    def rename_folder(self, who: int, which: int, new: P) -> None:
        self.rename(who, one(self._paths(Folder), which), new)

    @precondition(lambda self: self._free)
    @rule(who=ONE, path=PATHS)
    def look(self, who: int, path: P) -> None:
        """SIZE, RETR and MLSD."""
        user, node = one(self._free, who), self.model.find(path)
        if not (isinstance(node, File) and node.is_locked):
            reply = self._do(user, f"SIZE {path}", "213", isinstance(node, File))
            assert not isinstance(node, File) or reply == f"213 {len(node.content)}"
        content, reply = self._portal.call(self.probes[user].download, f"RETR {path}")
        self._check(reply, "226", isinstance(node, File))
        if isinstance(node, File):
            self._compare(path, content, node)
        content, reply = self._portal.call(self.probes[user].download, f"MLSD {path}")
        self._check(reply, "226", isinstance(node, Folder))
        if isinstance(node, Folder):
            names = sorted(line.partition(b" ")[2].decode() for line in content.splitlines())
            assert names == sorted(node.entries)

    @precondition(lambda self: self._free)
    @rule(who=ONE, kind=KINDS, path=PATHS)
    def begin_upload(self, who: int, kind: Kind, path: P) -> None:
        user, node = one(self._free, who), self.model.find(path)
        if kind == "resume":
            # After REST 0 it is a plain STOR; a size that still changes is nobody's to know.
            if not isinstance(node, File) or not node.content or node.is_locked:
                return
            assert self._ask(user, f"REST {len(node.content)}")[:3] == "350"
        upload = self.model.begin(kind, path, may_replace=user == "bob")
        data = self._portal.call(self.probes[user].open_data)
        reply = self._ask(user, f"{'APPE' if kind == 'APPE' else 'STOR'} {path}")
        self._check(reply, "150", upload is not None)
        if upload is None:
            self._portal.call(data.aclose)
        else:
            self.uploads[user] = upload, data

    @precondition(lambda self: self._free and self._paths(File))
    @rule(who=ONE, kind=KINDS, which=ONE)
    def begin_upload_to_file(self, who: int, kind: Kind, which: int) -> None:
        self.begin_upload(who, kind, one(self._paths(File), which))

    @precondition(lambda self: self._free)
    @rule(who=ONE, kind=KINDS, path=PATHS, content=CONTENTS)
    def upload(self, who: int, kind: Kind, path: P, content: bytes) -> None:
        """The whole of it, between two steps of the other."""
        user = one(self._free, who)
        self.begin_upload(who, kind, path)
        if user in self.uploads:
            self._go_on(user, content)
            if user in self.uploads:
                self._end(user)

    @precondition(lambda self: len(self._busy) == len(self._free) == 1)
    @rule(how=st.sampled_from(["remove", "write", "rename onto", "rename away"]), path=PATHS)
    def get_in_the_way(self, how: str, path: P) -> None:
        """Do something to just the file that the other is writing."""
        [(upload, _)] = self.uploads.values()
        if how == "remove":
            self.remove_file(0, upload.path)
        elif how == "write":
            self.upload(0, "STOR", upload.path, b"in the way")
        elif how == "rename onto":
            self.rename(0, path, upload.path)
        else:
            self.rename(0, upload.path, path)

    @precondition(lambda self: self._busy)
    @rule(who=ONE, content=CONTENTS)
    def go_on_with_upload(self, who: int, content: bytes) -> None:
        self._go_on(one(self._busy, who), content)

    def _go_on(self, user: str, content: bytes) -> None:
        upload, data = self.uploads[user]
        is_tight = self.may_be_too_much(len(content))
        try:
            self._portal.call(data.write, content)
        except anyio.BrokenResourceError:
            assert is_tight
        upload.content += content
        if is_tight:  # it may have been refused already; we know when we have its reply
            self._end(user, is_tight=True)

    @precondition(lambda self: self._busy)
    @rule(who=ONE)
    def end_upload(self, who: int) -> None:
        self._end(one(self._busy, who))

    def may_be_too_much(self, nbytes: int) -> bool:
        """Whether so many bytes more may be refused for want of room."""
        return False

    def _end(self, user: str, *, is_tight: bool = False) -> None:
        upload, data = self.uploads.pop(user)
        self._portal.call(data.aclose)
        reply = self._portal.call(self.probes[user].reply)
        if is_tight and reply[:3] == "552":
            self.model.give_up(upload)
        else:
            self._check(reply, "226", self.model.commit(upload))

    @precondition(lambda self: self._busy)
    @rule(who=ONE)
    def give_upload_up(self, who: int) -> None:
        user = one(self._busy, who)
        upload, data = self.uploads.pop(user)
        self.model.give_up(upload)
        assert self._ask(user, "ABOR")[:3] == "426"
        assert self._portal.call(self.probes[user].reply)[:3] == "226"
        self._portal.call(data.aclose)

    @invariant()
    def the_folder_holds_what_was_confirmed(self) -> None:
        self._portal.call(self._compare_folder, P("/"), self.model.root)

    async def _compare_folder(self, path: P, folder: Folder) -> None:
        async with aclosing(self.tree.scan(path)) as batches:
            infos = {info.name: info async for batch in batches for info in batch}
        assert infos.keys() == folder.entries.keys(), path
        for name, node in folder.entries.items():
            assert infos[name].is_dir == isinstance(node, Folder), path / name
            if isinstance(node, Folder):
                await self._compare_folder(path / name, node)
            else:
                async with await self.tree.open_read(path / name) as file:
                    self._compare(path / name, await read_rest(file), node)

    def _compare(self, path: P, found: bytes, file: File) -> None:
        if file.is_locked:  # what is being added shows, as on any disk
            found = found[: len(file.content)]
        assert (len(found), found == file.content) == (len(file.content), True), path

    def _do(self, user: str, line: str, success: str, must_succeed: bool) -> str:
        reply = self._ask(user, line)
        self._check(reply, success, must_succeed)
        return reply

    def _ask(self, user: str, line: str) -> str:
        return self._portal.call(self.probes[user].ask, line)

    def _check(self, reply: str, success: str, must_succeed: bool) -> None:
        if must_succeed:
            assert reply[:3] == success, reply
        else:
            assert reply[0] in "45", reply


class WithQuota(TwoUsers):
    """Room for few contents; the counting begins with what is there already."""

    MAX_BYTES = 500_000

    def limited(self, tree: FileSystem) -> FileSystem:
        self.quota = QuotaFileSystem(tree, max_bytes=self.MAX_BYTES)
        return self.quota

    def may_be_too_much(self, nbytes: int) -> bool:
        under_way = sum(len(upload.content) for upload, _ in self.uploads.values())
        return self._nbytes() + under_way + nbytes > self.MAX_BYTES

    def _nbytes(self) -> int:
        nodes = self.model.root.walk()
        return sum(len(node.content) for node in nodes if isinstance(node, File))

    @invariant()
    def what_counts_is_what_there_is(self) -> None:
        usage = self._portal.call(self.quota.usage)
        assert usage == (self._nbytes(), len(list(self.model.root.walk())))
        assert usage.nbytes <= self.MAX_BYTES


class InMemory(TwoUsers):
    holds_folder = follows_folder = False

    def make_tree(self, stack: ExitStack) -> FileSystem:
        return MemoryFileSystem()


class OnDisk(TwoUsers):
    holds_folder = follows_folder = True

    def make_tree(self, stack: ExitStack) -> FileSystem:
        return LocalFileSystem(stack.enter_context(tempfile.TemporaryDirectory()))


class ByPaths(OnDisk):
    """On a platform that can do nothing relative to a folder."""

    follows_folder = False

    def make_tree(self, stack: ExitStack) -> FileSystem:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(os, "supports_dir_fd", set())
        return super().make_tree(stack)


class InMemoryWithQuota(WithQuota, InMemory):
    pass


class OnDiskWithQuota(WithQuota, OnDisk):
    pass


EXAMPLES = deep(8, 300)


@pytest.mark.timeout(120 + EXAMPLES)
@half(
    kind=[InMemory, OnDisk, InMemoryWithQuota, OnDiskWithQuota, ByPaths],
    backend=["asyncio", "trio"],
)
def test_two_users_at_one_folder(kind: type[TwoUsers], backend: str) -> None:
    machine = type(kind.__name__, (kind,), {"backend": backend})
    effort = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(machine, settings=effort)
