"""What a program imports, in a process of its own: counted, so the same on each machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OURS = ("anyftp", "anyftp_command", "anyftp_compat")

#: Notes at the very end, when all that the program imports is there.
_NOTING = """
import atexit, sys

def note():
    modules = dict(sys.modules)
    import json
    made = [
        f"{name}.{each.__name__}"
        for name, module in modules.items()
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == name and name.split(".")[0] in ours
        and "__dataclass_fields__" in vars(each)
    ]
    with open(path, "w") as file:
        json.dump([list(modules), made], file)

path, ours = sys.argv.pop(1), sys.argv.pop(1).split()
atexit.register(note)
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a process had imported when it ended.

    Attributes:
        modules: by their full names.
        dataclasses: those of our own modules.
    """

    modules: frozenset[str]
    dataclasses: frozenset[str]

    @property
    def own(self) -> frozenset[str]:
        """Our own modules."""
        return frozenset(name for name in self.modules if name.partition(".")[0] in OURS)

    def among(self, names: str) -> set[str]:
        """Which of these modules, or of what is in these packages, were imported."""
        wanted = names.split()
        return {
            name
            for name in self.modules
            for other in wanted
            if name == other or name.startswith(f"{other}.")
        }


class Noting:
    """A program that is run so.

    Attributes:
        command: what starts it.
    """

    def __init__(self, program: str, folder: Path, *arguments: str) -> None:
        self._notes = folder / "imports.json"
        self.command = [
            *(sys.executable, "-c", _NOTING + program, os.fspath(self._notes), " ".join(OURS)),
            *arguments,
        ]

    def run(self) -> Imported:
        """Run it to its end, with nothing on its standard input."""
        subprocess.run(self.command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        return self.imported()

    def imported(self) -> Imported:
        """What had been imported when it ended."""
        modules, dataclasses = json.loads(self._notes.read_text("utf-8"))
        return Imported(frozenset(modules), frozenset(dataclasses))
