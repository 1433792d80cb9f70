"""yafc, told what to do on its standard input: CLNT, FEAT, MLSD, SITE CHMOD, EPSV."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from interop.clients._interface import TLS, FtpClient, Mode, Place, program, run


class Yafc(FtpClient):
    """Debian 12's asks about certificates on a terminal, so it works in clear text here."""

    tls: ClassVar[tuple[TLS, ...]] = ("off",)
    families = ("127.0.0.1",)
    modes: ClassVar[tuple[Mode, ...]] = ("passive",)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._program = program("yafc")

    def list(self) -> str:
        return self.script("ls -l")

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        how = "--resume" if resume else "--force"
        self.script(f'get {how} --output="{target}" "{name}"')

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        how = "--resume" if offset else "--force"
        # It takes quotes in the names of uploads for a part of them, and local names for patterns.
        with tempfile.TemporaryDirectory() as here:
            shutil.copy(source, Path(here, name))
            self.script(f"put {how} {here}/{name.replace(' ', '?')}")

    def rename(self, old: str, new: str) -> None:
        self.script(f'mv "{old}" "{new}"')

    def delete(self, name: str) -> None:
        self.script(f'rm --force "{name}"')

    def make_directory(self, name: str) -> None:
        self.script(f'mkdir "{name}"')

    def script(self, *lines: str) -> str:
        """Log in and run these commands of yafc's; gives what it prints."""
        place = self.place
        url = f"ftp://{place.user}:{place.password}@{place.host}:{place.port}{place.folder}/"
        with tempfile.TemporaryDirectory() as own:
            words = ["-n", "-q", "-U", "-W", own, url]
            return run(self._program, *words, script="\n".join([*lines, "quit", ""]))
