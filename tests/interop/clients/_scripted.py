"""FTP libraries of other languages: a small program in each does what it is told, in one session.

The programs stand in `programs`, and take the same words: where and who, then operations.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from interop.clients._interface import Absent, FtpClient, program, run

_PROGRAMS = Path(__file__).parent / "programs"
_COMMONS_NET = Path("/usr/share/java/commons-net.jar")


class Scripted(FtpClient):
    """A client whose program is run once for some operations."""

    def list(self) -> str:
        return self.perform(("list", "", ""))

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        self.perform(("resume_download" if resume else "download", name, str(target)))

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        self.perform(("resume_upload" if offset else "upload", name, str(source)))

    def rename(self, old: str, new: str) -> None:
        self.perform(("rename", old, new))

    def delete(self, name: str) -> None:
        self.perform(("delete", name, ""))

    def make_directory(self, name: str) -> None:
        self.perform(("make_directory", name, ""))

    def perform(self, *operations: tuple[str, str, str]) -> str:
        """Do all of this in one session: operation, name, and a local file or a new name."""
        place = self.place
        where = [place.host, str(place.port), place.tls, place.mode, place.user, place.password]
        words = [word for operation in operations for word in operation]
        return run(*self.command(), *where, str(place.authority), place.folder, *words)

    def command(self) -> Sequence[str]:
        """The program and what is to stand before the other words."""
        raise NotImplementedError


class Php(Scripted):
    tls = ("off", "explicit")

    def command(self) -> Sequence[str]:
        return [program("php"), str(_PROGRAMS / "ftp.php")]


class Ruby(Scripted):
    """net-ftp 0.1, as Debian 12 has it, knows no implicit TLS."""

    tls = ("off", "explicit")

    def command(self) -> Sequence[str]:
        return [program("ruby"), str(_PROGRAMS / "ftp.rb")]


class Perl(Scripted):
    cannot = ("resume_upload",)

    def command(self) -> Sequence[str]:
        return [program("perl"), str(_PROGRAMS / "ftp.pl")]


class CommonsNet(Scripted):
    """Apache's, in Java."""

    def command(self) -> Sequence[str]:
        if not _COMMONS_NET.exists():
            raise Absent(f"no {_COMMONS_NET} on this machine (see .ci/run)")
        path = os.pathsep.join((str(_COMMONS_NET), _compiled(program("javac"))))
        # Otherwise Java takes names on the command line for ASCII.
        return [program("java"), "-cp", path, "-Dsun.jnu.encoding=UTF-8", "Ftp"]


@functools.cache
def _compiled(compiler: str) -> str:
    """A folder with the program, compiled once: Java would do so, for two seconds, at each run."""
    folder = tempfile.mkdtemp(prefix="anyftp-java-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    options = ("-encoding", "UTF-8", "-cp", str(_COMMONS_NET), "-d", folder)
    subprocess.run([compiler, *options, str(_PROGRAMS / "Ftp.java")], check=True)
    return folder


class _OnNode(Scripted):
    modes = ("passive",)
    package = ""

    def command(self) -> Sequence[str]:
        modules = node_modules()
        if not (modules / self.package).exists():
            raise Absent(f"no npm package {self.package} in {modules} (see .ci/run)")
        node = [program("env"), f"NODE_PATH={modules}", program("node")]
        return [*node, str(_PROGRAMS / f"{self.package}.js")]


class BasicFtp(_OnNode):
    package = "basic-ftp"


class PromiseFtp(_OnNode):
    """Over implicit TLS it says no PROT and means data in clear text, which has to be allowed."""

    implicit_needs = ("--no-tls-data",)
    cannot = ("resume_upload",)
    package = "promise-ftp"


def node_modules() -> Path:
    """Where npm has put its packages: in the folder that ANYFTP_NODE names."""
    home = os.environ.get("ANYFTP_NODE") or Path.home() / ".cache" / "anyftp-node"
    return Path(home) / "node_modules"
