"""What the files of one client of the soak may hold.

Contents are pieces of one random block, so that a model of many megabytes is a few numbers.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BLOCK = random.Random(0).randbytes(4 << 20)
LARGEST = 3 << 20
NONE = "no file"

#: The pieces of BLOCK, each by start and end, that make up a file.
Content = tuple[tuple[int, int], ...]
#: What an operation makes of files, all at once; None removes one.
Change = Mapping[str, Content | None]


def new_content(random_: random.Random) -> Content:
    """A file of no bytes, a few, or up to LARGEST."""
    most = random_.choice((0, 100, 5_000, 70_000, 500_000, LARGEST))
    start = random_.randrange(len(BLOCK) - most)
    return ((start, start + random_.randint(0, most)),)


def rendered(content: Content) -> bytes:
    """The bytes."""
    return b"".join(BLOCK[start:end] for start, end in content)


def nbytes_of(content: Content) -> int:
    """How many bytes there are."""
    return sum(end - start for start, end in content)


def digest(content: Content) -> str:
    """SHA-256."""
    return hashlib.sha256(rendered(content)).hexdigest()


def matches(found: bytes | None, content: Content | None) -> bool:
    """Whether a file, or none, is as it should be."""
    return found == (None if content is None else rendered(content))


@dataclass(slots=True)
class Model:
    """The files as they are, but for those of changes whose success is not known."""

    files: dict[str, Content] = field(default_factory=dict)
    doubts: list[Change] = field(default_factory=list)

    def apply(self, change: Change) -> None:
        """It has happened."""
        for name, content in change.items():
            if content is None:
                self.files.pop(name, None)
            else:
                self.files[name] = content

    def doubted(self) -> set[str]:
        """The names of which nobody knows."""
        return {name for change in self.doubts for name in change}

    def settle(self, change: Change, found: Mapping[str, bytes | None]) -> str | None:
        """Find out whether a doubted change has happened; says what is wrong if it is neither."""
        self.doubts.remove(change)
        before = {name: self.files.get(name) for name in change}
        for possible in (change, before):
            if all(matches(found[name], possible[name]) for name in change):
                self.apply(possible)
                return None
        text = "; ".join(
            f"{name} is {described(found[name], (before[name], change[name]))}" for name in change
        )
        self.apply(before)
        return text


def described(found: bytes | None, possible: Iterable[Content | None]) -> str:
    """Say what was found where one of the possible contents should be."""
    wanted = [NONE if one is None else f"{nbytes_of(one)} bytes" for one in possible]
    text = f"{NONE if found is None else f'{len(found)} bytes'}, not {' or '.join(wanted)}"
    if found is not None and any(one and rendered(one).startswith(found) for one in possible):
        text += " (a part of it)"
    return text
