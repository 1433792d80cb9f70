"""What every client can do, and where it does it."""

from __future__ import annotations

import abc
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

TLS = Literal["off", "explicit", "implicit"]


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

    @property
    def url(self) -> str:
        """Address of the folder, without the user, ending with a slash."""
        scheme = "ftps" if self.tls == "implicit" else "ftp"
        return f"{scheme}://{self.host}:{self.port}{self.folder}/"


class FtpClient(abc.ABC):
    """A client at work in one place. File names are plain names in that folder."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @abc.abstractmethod
    def list(self) -> str:
        """The listing with sizes, as the program prints it."""

    @abc.abstractmethod
    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        """Fetch a file; with `resume` only what `target` lacks."""

    @abc.abstractmethod
    def upload(self, source: Path, name: str, *, resume: bool = False) -> None:
        """Send a file; with `resume` only what the server's lacks."""

    @abc.abstractmethod
    def rename(self, old: str, new: str) -> None: ...


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Absent(f"no {name} on this machine (see .ci/run)")
    return found


def run(*command: str) -> str:
    """Standard output of a program; its complaints are the error if it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=18, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout
