"""duplicity, which keeps encrypted backups, by lftp."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import Place, program, run


class Duplicity:
    """A backup in a folder of a server.

    Args:
        own: a folder for what it remembers.
    """

    def __init__(self, place: Place, own: Path) -> None:
        self._program = program("duplicity")
        program("lftp")
        self._own = own
        login = f"{place.user}:{place.password}"
        self.url = f"ftp://{login}@{place.host}:{place.port}{place.folder}"

    def run(self, *words: str) -> str:
        """Run it, without encryption."""
        return run(self._program, "--no-encryption", "--archive-dir", str(self._own), *words)
