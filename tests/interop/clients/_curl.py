"""curl: EPSV, CWD for each folder, SIZE, REST, and APPE to resume an upload."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import TLS, FtpClient, Mode, Place, program, run


class Curl(FtpClient):
    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._command = [program("curl"), "-sS", "--max-time", "15"]
        self._command += ["--user", f"{place.user}:{place.password}"]
        if place.tls != "off":
            self._command += ["--ssl-reqd", "--cacert", str(place.authority)]
        if place.mode == "active":
            self._command += ["--ftp-port", "-"]

    @classmethod
    def can_work(cls, tls: TLS, host: str, mode: Mode) -> bool:
        # curl 7.88 never begins TLS on a data connection that it has accepted, whatever the server.
        return super().can_work(tls, host, mode) and (tls == "off" or mode == "passive")

    def list(self) -> str:
        return self.fetch("--globoff", self.place.url)

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        more = ["-C", "-"] if resume else []
        self.fetch(*more, "--globoff", "-o", str(target), self.place.url_of(name))

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        more = ["-C", "-"] if offset else []
        self.fetch(*more, "--globoff", "-T", str(source), self.place.url_of(name))

    def rename(self, old: str, new: str) -> None:
        self._quote(f"RNFR {old}", f"RNTO {new}")

    def delete(self, name: str) -> None:
        self._quote(f"DELE {name}")

    def make_directory(self, name: str) -> None:
        self._quote(f"MKD {name}")

    def fetch(self, *arguments: str) -> str:
        """Run curl with these arguments besides the usual ones."""
        return run(*self._command, *arguments)

    def _quote(self, *lines: str) -> None:
        # A leading "-" sends the command after the listing, when curl is inside the folder.
        quotes = [word for line in lines for word in ("-Q", f"-{line}")]
        self.fetch("--globoff", *quotes, self.place.url)
