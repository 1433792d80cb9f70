"""lftp: FEAT, MLSD, pipelined commands, TLS sessions resumed."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import FtpClient, Place, program, run


class Lftp(FtpClient):
    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._program = program("lftp")

    def list(self) -> str:
        return self._script("ls")

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        self._script(f"get {'-c ' if resume else ''}{name} -o {target}")

    def upload(self, source: Path, name: str, *, resume: bool = False) -> None:
        self._script(f"put {'-c ' if resume else ''}{source} -o {name}")

    def rename(self, old: str, new: str) -> None:
        self._script(f"mv {old} {new}")

    def _script(self, line: str) -> str:
        place = self.place
        encrypted = "true" if place.tls == "explicit" else "false"
        lines = [
            "set cmd:fail-exit yes",
            "set net:max-retries 1",
            "set net:timeout 10",
            f"set ftp:ssl-allow {encrypted}",
            f"set ftp:ssl-force {encrypted}",
            "set ftp:ssl-protect-data true",
            f"set ssl:ca-file {place.authority}",
            f"open -u {place.user},{place.password} {place.url}",
            line,
            "bye",
        ]
        return run(self._program, "--norc", "-c", "; ".join(lines))
