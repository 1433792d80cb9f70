"""What is asked of a server, and the folder that it lives in."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from support.ports import free_ports

TLS = Literal["off", "explicit", "implicit"]


#: One for control connections, the others for data.
_NPORTS = 30


class Unavailable(Exception):
    """This server cannot be had here; the text says what is missing."""


@dataclass(frozen=True)
class Certificate:
    """PEM files: the chain, its key, and the authority that signed it."""

    chain: Path
    key: Path
    authority: Path


@dataclass
class Setup:
    """One server's settings. Everything it reads or writes lies in `root`.

    Attributes:
        reuse: data connections must resume the control connection's TLS session.
        newest_tls: "1.2" or "1.3".
        clear_data: with TLS, data connections may be in clear text.
        file_bytes: how long a file may become, as on a disk that is full then; None for any length.
        home: the folder that is served; `run` has configuration, keys and logs.
        account: the system account that a daemon started by root works as.
    """

    name: str
    certificate: Certificate
    root: Path
    port: int
    passive: range
    tls: TLS = "off"
    reuse: bool = False
    newest_tls: Literal["1.2", "1.3"] = "1.3"
    clear_data: bool = False
    file_bytes: int | None = None
    host: str = "127.0.0.1"
    user: str = "alice"
    password: str = "wonder-land"
    as_root: bool = field(default_factory=lambda: os.geteuid() == 0)

    @classmethod
    def create(cls, name: str, certificate: Certificate, **wanted: Any) -> Setup:
        """Make the folders, copy the keys and choose free ports."""
        root = Path(tempfile.mkdtemp(prefix=f"anyftp-{name}-"))
        first = _first_port(str(wanted.get("host", cls.host)))
        passive = range(first + 1, first + _NPORTS)
        self = cls(name, certificate, root, first, passive, **wanted)
        root.chmod(0o711)
        for folder in (self.home, self.run):
            folder.mkdir()
            folder.chmod(0o755)
        self.give(self.home)
        if any(not parent.stat().st_mode & 0o001 for parent in self.home.parents):
            self.remove()
            raise Unavailable(f"{root} is closed to other accounts; set TMPDIR to an open folder")
        self.write("pair.pem", certificate.key.read_text() + certificate.chain.read_text())
        self.write("chain.pem", certificate.chain.read_text())
        self.write("key.pem", certificate.key.read_text())
        return self

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.host

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def account(self) -> pwd.struct_passwd:
        return pwd.getpwnam("nobody") if self.as_root else pwd.getpwuid(os.geteuid())

    def give(self, path: Path) -> None:
        """Make the serving account the owner."""
        if self.as_root:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.run / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def program(self, name: str, package: str) -> Path:
        """Where a program is, looked for in $ANYFTP_DAEMONS, then where systems keep daemons."""
        prefix = os.environ.get("ANYFTP_DAEMONS")
        places = [f"{prefix}/usr/sbin", f"{prefix}/usr/bin"] if prefix else []
        places += [*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/usr/local/sbin"]
        found = shutil.which(name, path=os.pathsep.join(places))
        if found is None:
            raise Unavailable(f"no {name} on this machine (Debian package {package}; see .ci/run)")
        self._check_libraries(Path(found), package)
        return Path(found).absolute()

    def _check_libraries(self, program: Path, package: str) -> None:
        if shutil.which("ldd") is None:
            return
        listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
        missing = [line.split()[0] for line in listing.stdout.splitlines() if "not found" in line]
        if missing:
            raise Unavailable(f"{package} lacks the libraries {', '.join(missing)}")

    def hashed_password(self) -> str:
        """The password as crypt(3) SHA-512, which all of them can read."""
        openssl = str(self.program("openssl", "openssl"))
        arguments = [openssl, "passwd", "-6", "-stdin"]
        answer = subprocess.run(
            arguments, input=self.password, text=True, capture_output=True, check=True
        )
        return answer.stdout.strip()

    def openssl_configuration(self) -> Path:
        """Limits the TLS versions of daemons that have no option for it."""
        lines = [
            "openssl_conf = top",
            "[top]",
            "ssl_conf = modules",
            "[modules]",
            "system_default = versions",
            "[versions]",
            "MinProtocol = TLSv1.2",
            f"MaxProtocol = TLSv{self.newest_tls}",
        ]
        return self.write("openssl.cnf", "\n".join(lines) + "\n", 0o644)

    def options(self) -> dict[str, Any]:
        """What the programs that run servers written in Python are told, as JSON."""
        return {
            "host": self.host,
            "port": self.port,
            "passive": [self.passive.start, self.passive.stop],
            "tls": self.tls,
            "newest_tls": self.newest_tls,
            "clear_data": self.clear_data,
            "user": self.user,
            "password": self.password,
            "home": str(self.home),
            "pair": str(self.run / "pair.pem"),
        }

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def _first_port(host: str) -> int:
    try:
        return free_ports(_NPORTS, host)
    except OSError as error:
        raise Unavailable(f"cannot listen on {host}: {error}") from error
