"""The files that are moved, in memory if the machine has a tmpfs, and what the user asked for."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Contestant, Row, alternate
from benchmarks.peers import certificate
from benchmarks.tables import Column, Table

SMALL_FILES, TREE_FILES = 2000, 1000
SMALL_SIZE = 4096
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """The command line: how often, how much, and which backends.

    Contestants whose names begin with one of `without` are left out.
    """

    rounds: int = 5
    nbytes: int = 1 << 30
    quick: bool = False
    backends: tuple[str, ...] = ("asyncio", "uvloop", "trio")
    without: tuple[str, ...] = ()


@dataclass(slots=True)
class Bench:
    """Options, files and the tables made so far: what a suite is given.

    After each table `keep` is told of all of them, so that a run that is cut short has its first.
    """

    options: Options
    folder: Path
    keep: Callable[[list[dict[str, Any]]], object] = lambda _: None
    suite: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """What the servers serve: `big`, and `small-0000` and so on once asked for."""
        return self.folder / "root"

    @property
    def target(self) -> Path:
        """Where clients write."""
        return self.folder / "target"

    @property
    def pem(self) -> Path:
        """A certificate with its key; made on first use."""
        path = self.folder / "server.pem"
        return path if path.exists() else certificate(self.folder)

    def big(self) -> Path:
        """The big file to move."""
        return filled(self.root / "big", self.options.nbytes)

    @property
    def uploaded(self) -> Path:
        """Where servers write what they are sent as `incoming/big`."""
        return self.root / "incoming" / "big"

    def big_target(self) -> Path:
        """A file of the same size, to be written over."""
        return filled(self.target / "big", self.options.nbytes)

    def small_names(self, count: int = SMALL_FILES) -> list[str]:
        """The names of so many small files, which exist after this; of fewer if it is quick."""
        count = min(count, 200) if self.options.quick else count
        names = [f"small-{number:04d}" for number in range(count)]
        for name in names:
            filled(self.root / name, SMALL_SIZE)
        return names

    def tree(self, name: str = "tree", count: int = TREE_FILES) -> int:
        """How many small files lie in ten folders of `name`, which exist after this."""
        each = (min(count, 100) if self.options.quick else count) // 10
        for number in range(10):
            folder = self.root / name / f"folder-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            for file in range(each):
                filled(folder / f"small-{file:03d}", SMALL_SIZE)
        return 10 * each

    def compare(
        self,
        title: str,
        columns: Sequence[Column],
        field: Sequence[Contestant],
        reference: str | None,
        note: str = "",
        rounds: int | None = None,
    ) -> None:
        """Let a field of contestants do its work, and show the table."""
        self.show(Table(title, columns, self.runs(field, rounds), reference, note))

    def runs(
        self, field: Sequence[Contestant], rounds: int | None = None, *, at_once: int = 1
    ) -> list[Row]:
        """All runs of a field, without those who are left out."""
        wanted = [one for one in field if not one.name.startswith(self.options.without)]
        return alternate(wanted, rounds or self.options.rounds, self.say, at_once=at_once)

    def show(self, table: Table) -> None:
        """Print a table and keep its figures."""
        print(table.render(), flush=True)
        self.records.append({"suite": self.suite, **table.record()})
        self.keep(self.records)

    def say(self, text: str) -> None:
        """Tell how far the run is, on the standard error."""
        if os.isatty(2):
            os.write(2, f"\r\x1b[K{text[:78]}".encode())


def filled(path: Path, nbytes: int) -> Path:
    """A file of random blocks of the wanted size; kept if it is there already."""
    if not path.exists() or path.stat().st_size != nbytes:
        block = os.urandom(min(BLOCK, nbytes))
        with path.open("wb") as file:
            for _ in range(nbytes // len(block)):
                file.write(block)
            file.truncate(nbytes)
        path.chmod(0o644)
    return path


@contextmanager
def workspace(options: Options) -> Iterator[Bench]:
    """A folder for one run, removed at its end."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="anyftp-bench-", dir=parent))
    try:
        folder.chmod(0o755)
        for name in ("root", "target"):
            (folder / name).mkdir()
        (folder / "root").chmod(0o755)
        (folder / "root" / "incoming").mkdir()
        (folder / "root" / "incoming").chmod(0o777)
        yield Bench(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
