"""What a folder holds when two use it at once: the least that can be said of it, and no more.

Each operation tells whether it must succeed. A file is an object with names, as on a disk; what is
being written in place belongs to the file wherever it is moved, and to nobody when it is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["STOR", "APPE", "resume"]


@dataclass(eq=False)
class File:
    content: bytes
    is_locked: bool = False
    is_gone: bool = False


@dataclass(eq=False)
class Folder:
    entries: dict[str, Folder | File] = field(default_factory=dict)
    #: Uploads under way that lie in it, hidden.
    nparts: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.entries and not self.nparts

    def walk(self) -> Iterator[Folder | File]:
        """All that is below."""
        for node in self.entries.values():
            yield node
            if isinstance(node, Folder):
                yield from node.walk()


Node = Folder | File


@dataclass(eq=False)
class Upload:
    """One under way: in place of a file, into it, or to a name that must be free."""

    path: PurePosixPath
    folder: Folder
    is_exclusive: bool
    file: File | None = None
    content: bytes = b""


class FolderModel:
    """A tree of folders.

    Args:
        holds_folder: an upload lies in the folder where it began, which is not empty then; else it
            goes to where its path leads in the end.
        follows_folder: it stays there when the folder is renamed; else it is lost then.
    """

    def __init__(self, *, holds_folder: bool, follows_folder: bool) -> None:
        self.root = Folder()
        self._holds_folder = holds_folder
        self._follows_folder = follows_folder

    def find(self, path: PurePosixPath) -> Node | None:
        node: Node | None = self.root
        for name in path.parts[1:]:
            if not isinstance(node, Folder):
                return None
            node = node.entries.get(name)
        return node

    def parent(self, path: PurePosixPath) -> Folder | None:
        node = self.find(path.parent)
        return node if isinstance(node, Folder) else None

    def make(self, path: PurePosixPath) -> bool:
        parent = self.parent(path)
        if parent is None or path.name in parent.entries:
            return False
        parent.entries[path.name] = Folder()
        return True

    def remove_folder(self, path: PurePosixPath) -> bool:
        node = self.find(path)
        if not isinstance(node, Folder) or not node.is_empty or node is self.root:
            return False
        self._take(path)
        return True

    def remove_file(self, path: PurePosixPath) -> bool:
        node = self.find(path)
        if not isinstance(node, File):
            return False
        node.is_gone = True
        self._take(path)
        return True

    def rename(self, old: PurePosixPath, new: PurePosixPath, *, may_replace: bool) -> bool:
        node, parent, target = self.find(old), self.parent(new), self.find(new)
        if node is None or parent is None or node is self.root or target is self.root:
            return False
        if target is not None and not may_replace:
            return False
        if old == new:
            return True
        if isinstance(node, Folder) and new.is_relative_to(old):
            return False
        if target is not None and not self._replace(node, target):
            return False
        self._take(old)
        parent.entries[new.name] = node
        return True

    def _replace(self, node: Node, target: Node) -> bool:
        if isinstance(target, Folder):
            return isinstance(node, Folder) and target.is_empty
        if isinstance(node, Folder):
            return False
        target.is_gone = True
        return True

    def begin(self, kind: Kind, path: PurePosixPath, *, may_replace: bool) -> Upload | None:
        """Open an upload; None if it must be refused."""
        folder, node = self.parent(path), self.find(path)
        if folder is None or isinstance(node, Folder):
            return None
        if kind == "STOR" or node is None:
            is_exclusive = kind == "APPE" or not may_replace
            if is_exclusive and node is not None:
                return None
            folder.nparts += self._holds_folder
            return Upload(path, folder, is_exclusive)
        if node.is_locked:
            return None
        node.is_locked = True
        return Upload(path, folder, False, node)

    def commit(self, upload: Upload) -> bool:
        if upload.file is not None:
            upload.file.is_locked = False
            upload.file.content += upload.content
            return not upload.file.is_gone
        folder = self._let_go(upload)
        if folder is None:
            return False
        name = upload.path.name
        old = folder.entries.get(name)
        if isinstance(old, Folder) or (old is not None and upload.is_exclusive):
            return False
        if old is not None:
            old.is_gone = True
        folder.entries[name] = File(upload.content)
        return True

    def give_up(self, upload: Upload) -> None:
        if upload.file is not None:
            upload.file.is_locked = False
        else:
            self._let_go(upload)

    def _let_go(self, upload: Upload) -> Folder | None:
        there = self.parent(upload.path)
        if not self._holds_folder:
            return there
        upload.folder.nparts -= 1
        return upload.folder if self._follows_folder or there is upload.folder else None

    def _take(self, path: PurePosixPath) -> None:
        parent = self.parent(path)
        assert parent is not None
        del parent.entries[path.name]
