"""The clients of BSD's line, told what to do by a script: tnftp and inetutils-ftp."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from interop.clients._interface import TLS, FtpClient, Place, program, run


class _Classic(FtpClient):
    tls: ClassVar[tuple[TLS, ...]] = ("off",)
    name: ClassVar[str]
    options: ClassVar[tuple[str, ...]]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        mode = "-p" if place.mode == "passive" else "-A"
        self._command = [program(self.name), *self.options, mode, place.host, str(place.port)]

    def list(self) -> str:
        return self._script("ls")

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        self._script(f'{"reget" if resume else "get"} "{name}" "{target}"')

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        restart = [f"restart {offset}"] if offset else []
        self._script(*restart, f'put "{source}" "{name}"')

    def rename(self, old: str, new: str) -> None:
        self._script(f'rename "{old}" "{new}"')

    def delete(self, name: str) -> None:
        self._script(f'delete "{name}"')

    def make_directory(self, name: str) -> None:
        self._script(f'mkdir "{name}"')

    def _script(self, *lines: str) -> str:
        place = self.place
        first = [f"user {place.user} {place.password}", "binary", f"cd {place.folder}"]
        return run(*self._command, script="\n".join([*first, *lines, "bye", ""]))


class TnFtp(_Classic):
    """NetBSD's: EPSV and EPRT, FEAT, MLST, SIZE and MDTM."""

    name = "tnftp"
    options = ("-n", "-i", "-v")


class InetutilsFtp(_Classic):
    """GNU's: old style, LIST and PORT."""

    name = "inetutils-ftp"
    options = ("-n", "-i", "-v")
