"""Python's ftplib: PASV, listings in ASCII, no resumed TLS sessions."""

from __future__ import annotations

import contextlib
import ftplib
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from interop.clients._interface import FtpClient


class _Implicit(ftplib.FTP_TLS):
    """ftplib knows AUTH TLS only; here the handshake comes before the greeting."""

    def connect(
        self,
        host: str = "",
        port: int = 0,
        timeout: float | None = 10,
        source_address: tuple[str, int] | None = None,
    ) -> str:
        self.host, self.timeout = host, timeout
        plain = socket.create_connection((host, port), timeout)
        self.af = plain.family
        self.sock = self.context.wrap_socket(plain, server_hostname=host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


class FtpLib(FtpClient):
    def list(self) -> str:
        lines: list[str] = []
        with self._logged_in() as ftp:
            ftp.retrlines("LIST", lines.append)
        return "\n".join(lines)

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        with self._logged_in() as ftp, open(target, "ab" if resume else "wb") as file:
            ftp.retrbinary(f"RETR {name}", file.write, rest=file.tell() or None)

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        with self._logged_in() as ftp, open(source, "rb") as file:
            if offset:
                assert ftp.size(name) == offset
            file.seek(offset)
            ftp.storbinary(f"STOR {name}", file, rest=offset or None)

    def rename(self, old: str, new: str) -> None:
        with self._logged_in() as ftp:
            ftp.rename(old, new)

    def delete(self, name: str) -> None:
        with self._logged_in() as ftp:
            ftp.delete(name)

    def make_directory(self, name: str) -> None:
        with self._logged_in() as ftp:
            assert ftp.mkd(name) == f"{self.place.folder}/{name}"

    @contextlib.contextmanager
    def _logged_in(self) -> Iterator[ftplib.FTP]:
        ftp = self._connected()
        try:
            ftp.login(self.place.user, self.place.password)
            if isinstance(ftp, ftplib.FTP_TLS):
                ftp.prot_p()
            ftp.set_pasv(self.place.mode == "passive")
            ftp.cwd(self.place.folder)
            ftp.voidcmd("TYPE I")  # what SIZE counts depends on it
            yield ftp
            ftp.quit()
        finally:
            ftp.close()

    def _connected(self) -> ftplib.FTP:
        if self.place.tls == "off":
            ftp = ftplib.FTP(timeout=10)
        else:
            kind = _Implicit if self.place.tls == "implicit" else ftplib.FTP_TLS
            context = ssl.create_default_context(cafile=os.fspath(self.place.authority))
            ftp = kind(context=context, timeout=10)
        ftp.connect(self.place.host, self.place.port)
        return ftp
