"""wget: LIST -a and its own reading of it, REST; it only fetches."""

from __future__ import annotations

import tempfile
from pathlib import Path

from interop.clients._interface import FtpClient, Place, program, run


class Wget(FtpClient):
    cannot = ("upload", "resume_upload", "rename", "delete", "make_directory")

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._command = [program("wget"), "--no-config", "--no-verbose", "--no-hsts"]
        self._command += ["--tries=1", "--timeout=15"]
        self._command += [f"--user={place.user}", f"--password={place.password}"]
        if place.tls != "off":
            self._command += [f"--ca-certificate={place.authority}", "--ftps-resume-ssl"]
        if place.tls == "implicit":
            self._command += ["--ftps-implicit"]
        if place.mode == "active":
            self._command += ["--no-passive-ftp"]

    def list(self) -> str:
        with tempfile.TemporaryDirectory() as here:
            self.fetch("--no-remove-listing", "-P", here, self.url)
            return Path(here, ".listing").read_text("utf-8")

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        more = ["-c"] if resume else []
        self.fetch(*more, "-O", str(target), self.url + self.place.url_of(name).split("/")[-1])

    def fetch(self, *arguments: str) -> None:
        """Run wget with these arguments besides the usual ones."""
        run(*self._command, *arguments)

    @property
    def url(self) -> str:
        """Address of the folder, as wget wants it."""
        # ftps:// means AUTH TLS here, unless --ftps-implicit says otherwise.
        scheme = "ftp" if self.place.tls == "off" else "ftps"
        return f"{scheme}://{self.place.url.partition('://')[2]}"
