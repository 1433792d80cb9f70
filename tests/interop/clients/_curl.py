"""curl: EPSV, CWD for each folder, SIZE, REST, and APPE to resume an upload."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import FtpClient, Place, program, run


class Curl(FtpClient):
    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._command = [program("curl"), "-sS", "--max-time", "15"]
        self._command += ["--user", f"{place.user}:{place.password}"]
        if place.tls != "off":
            self._command += ["--ssl-reqd", "--cacert", str(place.authority)]

    def list(self) -> str:
        return run(*self._command, self.place.url)

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        more = ["-C", "-"] if resume else []
        run(*self._command, *more, "-o", str(target), self.place.url + name)

    def upload(self, source: Path, name: str, *, resume: bool = False) -> None:
        more = ["-C", "-"] if resume else []
        run(*self._command, *more, "-T", str(source), self.place.url + name)

    def rename(self, old: str, new: str) -> None:
        # A leading "-" sends the command after the listing, when curl is inside the folder.
        quotes = ["-Q", f"-RNFR {old}", "-Q", f"-RNTO {new}"]
        run(*self._command, *quotes, self.place.url)
