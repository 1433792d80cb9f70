"""What every client can do, and where it does it."""

from __future__ import annotations

import abc
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import quote

TLS = Literal["off", "explicit", "implicit"]
#: Who makes the data connections: the client (PASV, EPSV) or the server (PORT, EPRT).
Mode = Literal["passive", "active"]


class Absent(Exception):
    """The program is not on this machine."""


@dataclass(frozen=True)
class Place:
    """A folder on a server. `authority` is the PEM file of who signed its certificate."""

    port: int
    folder: str
    tls: TLS
    authority: Path
    user: str
    password: str
    host: str = "127.0.0.1"
    mode: Mode = "passive"

    @property
    def url(self) -> str:
        """Address of the folder, without the user, ending with a slash."""
        scheme = "ftps" if self.tls == "implicit" else "ftp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}{self.folder}/"

    def url_of(self, name: str) -> str:
        """Address of a file in the folder."""
        return self.url + quote(name)


class FtpClient(abc.ABC):
    """A client at work in one place. File names are plain names in that folder.

    Attributes:
        tls, families, modes: where it can work.
        cannot: names of the methods, and of "resume_download" and "resume_upload", that it has not.
        implicit_needs: options without which `anyftp serve` refuses it over implicit TLS.
    """

    tls: ClassVar[tuple[TLS, ...]] = ("off", "explicit", "implicit")
    families: ClassVar[tuple[str, ...]] = ("127.0.0.1", "::1")
    modes: ClassVar[tuple[Mode, ...]] = ("passive", "active")
    cannot: ClassVar[tuple[str, ...]] = ()
    implicit_needs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, place: Place) -> None:
        self.place = place

    @classmethod
    def can_work(cls, tls: TLS, host: str, mode: Mode) -> bool:
        """Whether it can work there."""
        return tls in cls.tls and host in cls.families and mode in cls.modes

    @abc.abstractmethod
    def list(self) -> str:
        """The listing with sizes, as the program prints it."""

    @abc.abstractmethod
    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        """Fetch a file; with `resume` only what `target` lacks."""

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        """Send a file; with an offset only what comes behind it, to where the server has it."""
        raise NotImplementedError

    def rename(self, old: str, new: str) -> None:
        raise NotImplementedError

    def delete(self, name: str) -> None:
        raise NotImplementedError

    def make_directory(self, name: str) -> None:
        raise NotImplementedError


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Absent(f"no {name} on this machine (see .ci/run)")
    return found


def run(*command: str, script: str = "") -> str:
    """Standard output of a program that reads script; its complaints are the error if it fails."""
    # No settings, logins and histories of whoever runs the tests; and names in UTF-8.
    environment = os.environ | {"HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        input=script.encode(),
        capture_output=True,
        timeout=18,
        check=False,
        env=environment,
    )
    said, complained = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, f"{command[0]}: {done.returncode}\n{said}{complained}"
    return said
