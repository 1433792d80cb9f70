"""Which names the copies of several calls get that go on together: no two get the same one."""

from __future__ import annotations

from threading import Lock

from anyftp._errors import LocalProtocolError


class FinalNames:
    """The names that are given out, each to one source; asked in worker threads as well.

    Attributes:
        here: the folder in which remote names that do not begin with a slash are, once asked for.
        folding: local folders, and whether they take names that differ in case alone for one.
    """

    def __init__(self) -> None:
        self.here: str | None = None
        self.folding: dict[str, bool] = {}
        self._sources: dict[str, str] = {}
        self._trees: dict[str, str] = {}
        self._lock = Lock()

    def offer(self, name: str, source: str) -> bool:
        """Whether a source may have a name, which it has from now on; it may ask again."""
        with self._lock:
            return self._sources.setdefault(name, source) == source

    def take(self, name: str, source: str) -> None:
        """Give a name to a source.

        Raises:
            LocalProtocolError: another one has it.
        """
        if not self.offer(name, source):
            raise _collision(name, self._sources[name], source)

    def take_for_tree(self, name: str, source: str) -> None:
        """Give a name to a source that is a folder, before anything of that name is made.

        Raises:
            LocalProtocolError: another one has it.
        """
        self.take(name, source)
        self._trees[name] = source

    def enter(self, folder: str, source: str) -> None:
        """Go into a folder because it exists: it has to have been there before.

        Raises:
            LocalProtocolError: it is the copy of another source.
        """
        if self._trees.get(folder, source) != source:
            raise _collision(folder, self._trees[folder], source)


def _collision(name: str, first: str, second: str) -> LocalProtocolError:
    return LocalProtocolError(
        f"sources must have different names: {first} and {second} would both become {name}"
    )
