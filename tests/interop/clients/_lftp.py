"""lftp: FEAT, MLSD, pipelined commands, TLS sessions resumed."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import FtpClient, Place, program, run


class Lftp(FtpClient):
    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._program = program("lftp")

    def list(self) -> str:
        return self.script("ls")

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        self.script(f'get {"-c " if resume else ""}"{name}" -o "{target}"')

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        self.script(f'put {"-c " if offset else ""}"{source}" -o "{name}"')

    def rename(self, old: str, new: str) -> None:
        self.script(f'mv "{old}" "{new}"')

    def delete(self, name: str) -> None:
        self.script(f'rm "{name}"')

    def make_directory(self, name: str) -> None:
        self.script(f'mkdir "{name}"')

    def script(self, *lines: str) -> str:
        """Log in and run these commands of lftp's; gives what it prints."""
        place = self.place
        encrypted = "true" if place.tls == "explicit" else "false"
        settings = [
            "set cmd:fail-exit yes",
            "set net:max-retries 1",
            "set net:timeout 10",
            f"set ftp:ssl-allow {encrypted}",
            f"set ftp:ssl-force {encrypted}",
            "set ftp:ssl-protect-data true",
            f"set ssl:ca-file {place.authority}",
            f"set ftp:passive-mode {'yes' if place.mode == 'passive' else 'no'}",
            f"open -u {place.user},{place.password} {place.url}",
        ]
        return run(self._program, "--norc", "-c", "; ".join([*settings, *lines, "bye"]))
