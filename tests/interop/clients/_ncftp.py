"""ncftpget, ncftpput and ncftpls: FEAT, HELP SITE, MLSx, SITE UTIME, probing what there is."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from interop.clients._interface import TLS, FtpClient, Place, program, run


class NcFtp(FtpClient):
    tls: ClassVar[tuple[TLS, ...]] = ("off",)
    families = ("127.0.0.1",)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._login = ["-u", place.user, "-p", place.password, "-P", str(place.port), "-t", "15"]
        self._login += ["-F" if place.mode == "passive" else "-E"]
        for name in ("ncftpls", "ncftpget", "ncftpput"):
            program(name)

    def list(self) -> str:
        return self._ls("-l")

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        how = "-z" if resume else "-Z"
        remote = f"{self.place.folder}/{name}"
        run("ncftpget", "-V", how, *self._login, "-C", self.place.host, remote, str(target))

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        how = "-z" if offset else "-Z"
        remote = f"{self.place.folder}/{name}"
        # -s: ncftp 3.2.6 sends REST and then, by sendfile, the whole file.
        run("ncftpput", "-V", "-s", how, *self._login, "-C", self.place.host, str(source), remote)

    def upload_tree(self, source: Path, name: str) -> None:
        """Put a folder into one there, which is made."""
        remote = f"{self.place.folder}/{name}"
        run("ncftpput", "-V", "-m", "-R", *self._login, self.place.host, remote, str(source))

    def download_tree(self, name: str, target: Path) -> None:
        """Put a folder there into one here."""
        remote = f"{self.place.folder}/{name}"
        # -T: not by a tar that some servers make.
        run("ncftpget", "-V", "-T", "-R", *self._login, self.place.host, str(target), remote)

    def rename(self, old: str, new: str) -> None:
        folder = self.place.folder
        self._ls("-W", f"RNFR {folder}/{old}", "-W", f"RNTO {folder}/{new}")

    def delete(self, name: str) -> None:
        self._ls("-W", f"DELE {self.place.folder}/{name}")

    def make_directory(self, name: str) -> None:
        self._ls("-W", f"MKD {self.place.folder}/{name}")

    def _ls(self, *options: str) -> str:
        url = f"ftp://{self.place.host}{self.place.folder}/"
        return run("ncftpls", *self._login, *options, url)
