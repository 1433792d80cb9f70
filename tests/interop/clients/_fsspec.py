"""fsspec's FTP file system, as pandas and others use it: ftplib, MLSD, RETR with REST."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fsspec.implementations.ftp import FTPFileSystem

from interop.clients._interface import FtpClient


class Fsspec(FtpClient):
    cannot = ("resume_upload",)

    def list(self) -> str:
        with self._connected() as fs:
            return "\n".join(map(str, fs.ls(self.place.folder, detail=True)))

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        with self._connected() as fs:
            if not resume:
                fs.get_file(self._path(name), str(target))
                return
            with open(target, "ab") as file, fs.open(self._path(name), "rb") as source:
                source.seek(file.tell())
                file.write(source.read())

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        with self._connected() as fs:
            fs.put_file(str(source), self._path(name))

    def rename(self, old: str, new: str) -> None:
        with self._connected() as fs:
            fs.mv(self._path(old), self._path(new))

    def delete(self, name: str) -> None:
        with self._connected() as fs:
            fs.rm_file(self._path(name))

    def make_directory(self, name: str) -> None:
        with self._connected() as fs:
            fs.mkdir(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.place.folder}/{name}"

    @contextlib.contextmanager
    def _connected(self) -> Iterator[FTPFileSystem]:
        place = self.place
        how = {"off": False, "explicit": True, "implicit": "tls"}[place.tls]
        login = {"username": place.user, "password": place.password, "timeout": 15}
        fs = FTPFileSystem(place.host, place.port, tls=how, skip_instance_cache=True, **login)
        try:
            if place.tls == "implicit":
                fs.ftp.prot_p()
            fs.ftp.set_pasv(place.mode == "passive")
            yield fs
        finally:
            fs.ftp.close()
