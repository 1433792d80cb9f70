"""Resolving a path inside a root without ever leaving it. Blocking; called in worker threads.

Theory: a path is walked one component at a time, each opened relative to the descriptor of its
parent with O_NOFOLLOW, so that whoever swaps a folder for a symbolic link while we walk gains
nothing: the kernel refuses the link, we read where it leads, and walk there by the same rules.
There is no moment between a check and a use. ".." occurs in the targets of links only; it is
taken by walking again from the root along the names passed so far, never by opening "..", because
a folder that was moved meanwhile could have another parent.

A link may lead anywhere inside the root, by a relative or an absolute target. One that climbs
above the root, or names an absolute path elsewhere, is refused with EACCES.

The names that uploads bear until they are whole are nowhere to be found, be it in a path or in the
target of a link, nor is anything under a short name that its disk made up: this is the one place
that every operation goes by.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from anyftp._fs._folder import Folder, open_root
from anyftp._fs._short_names import refuse_short_name
from anyftp._fs._temporary import refuse_temporary

#: Links followed in one path before it is called a loop; Linux has the same number.
MAX_LINKS = 40


class Jail:
    """The folder that no path leaves."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        follow_links: bool = True,
        outer_paths: bool = False,
    ) -> None:
        self.root = os.path.abspath(root)
        self._real_root = os.path.realpath(root)
        self._follow_links = follow_links
        self._outer_paths = outer_paths

    def shown(self, path: PurePosixPath | str) -> PurePosixPath | str:
        """How errors call what has a path in here; text is what they call it already."""
        if not self._outer_paths or isinstance(path, str):
            return path
        return os.path.join(self.root, str(path)[1:])

    def walk(self, path: PurePosixPath, *, follow: bool = False) -> Walk:
        """Go to the folder that holds path; whoever asks closes it. See `parent`."""
        walk = Walk(self.root, self._real_root, path, self._follow_links)
        try:
            walk.run(follow)
        except BaseException:
            walk.folder.close()
            raise
        return walk

    @contextmanager
    def parent(self, path: PurePosixPath, *, follow: bool = False) -> Iterator[tuple[Folder, str]]:
        """Give the folder that holds path, and path's name therein.

        The root is "." in itself. With follow, a link at the end is resolved as well, and the
        name is that of its target, which need not exist.
        """
        walk = self.walk(path, follow=follow)
        try:
            yield walk.folder, walk.name
        finally:
            walk.folder.close()

    def real_path(self, path: PurePosixPath, *, follow: bool) -> PurePosixPath:
        """Where a path leads when the links in it have been followed."""
        walk = self.walk(path, follow=follow)
        try:
            return PurePosixPath("/", *walk.passed, walk.name)
        finally:
            walk.folder.close()

    def open(self, path: PurePosixPath, flags: int) -> int:
        """Open the regular file that path leads to, links inside the root included."""
        walk = self.walk(path, follow=True)
        try:
            return walk.folder.open_regular(walk.name, flags, walk.status)
        finally:
            walk.folder.close()

    def open_directory(self, path: PurePosixPath) -> Folder:
        """Open a folder so that it can be listed."""
        with self.parent(path, follow=True) as (folder, name):
            if name == ".":
                return folder.readable()
            inner = folder.enter(name)
        try:
            return inner.readable()
        finally:
            inner.close()


class Walk:
    """One walk: where it is (a folder and the names that led there), what is left.

    Attributes:
        passed: the names of the folders that were entered, none of which is a link.
        folder: where it is, and in the end the folder that holds the path.
        name: the path's name therein.
        status: what the name was, if that was looked for and there was something.
    """

    def __init__(self, root: str, real_root: str, path: PurePosixPath, follow_links: bool) -> None:
        self._root = root
        self._real_root = real_root
        self._left = deque(path.parts[1:])
        self.passed: list[str] = []
        self._links = 0
        self._follow_links = follow_links
        self.name = "."
        self.status: os.stat_result | None = None
        self.folder = open_root(root)

    def run(self, follow: bool) -> None:
        while self._left:
            name = self._left.popleft()
            if name in ("", "."):
                continue
            refuse_temporary(name)
            refuse_short_name(self.folder, name)
            if name == "..":
                self._climb()
            elif self._left:
                self._enter(name)
            elif not (follow and self._is_link(name) and self._follow_link(name)):
                self.name = name
                return
        self.status = None  # that was of a link

    def _enter(self, name: str) -> None:
        try:
            below = self.folder.enter(name)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR) or not self._follow_link(name):
                raise
        else:
            self.folder.close()
            self.folder = below
            self.passed.append(name)

    def _is_link(self, name: str) -> bool:
        try:
            self.status = self.folder.lstat(name)
        except FileNotFoundError:
            self.status = None
            return False
        return stat.S_ISLNK(self.status.st_mode)

    def _follow_link(self, name: str) -> bool:
        """Put the target of a link in front of what is left; False if it is no link."""
        try:
            target = self.folder.readlink(name)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return False
            raise
        if not self._follow_links:
            raise OSError(errno.EACCES, "symbolic links are not followed here")
        self._links += 1
        if self._links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if os.path.isabs(target):
            target = self._below_root(target)
            self.passed.clear()
            self._reopen()
        self._left.extendleft(reversed(target.split("/")))
        return True

    def _below_root(self, target: str) -> str:
        for root in (self._root, self._real_root):
            if target == root or target.startswith(root.rstrip("/") + "/"):
                return target[len(root) :]
        raise _leads_out()

    def _climb(self) -> None:
        if not self.passed:
            raise _leads_out()
        self.passed.pop()
        self._reopen()

    def _reopen(self) -> None:
        """Walk down again from the root along the names passed, none of which was a link."""
        folder = open_root(self._root)
        try:
            for name in self.passed:
                below = folder.enter(name)
                folder.close()
                folder = below
        except BaseException:
            folder.close()
            raise
        self.folder.close()
        self.folder = folder


def _leads_out() -> OSError:
    return OSError(errno.EACCES, "the link leads out of the root")
