"""Real FTP servers as processes on loopback: three daemons, pyftpdlib, aioftp's and our own.

`start(name, certificate, ...)` gives a running `Daemon`, or raises `Unavailable` with the sentence
that a skipped test prints. The three Debian packages conflict with one another; .ci/run unpacks
them side by side and names the place in the environment variable ANYFTP_DAEMONS.
"""

from __future__ import annotations

from collections.abc import Callable

from interop.daemons import _aioftp, _anyftp, _proftpd, _pureftpd, _pyftpdlib, _vsftpd
from interop.daemons._process import Daemon, launch
from interop.daemons._setup import TLS, Certificate, Setup, Unavailable

__all__ = ["NAMES", "TLS", "Certificate", "Daemon", "Setup", "StartDaemon", "Unavailable", "start"]

_COMMANDS = {
    "vsftpd": _vsftpd.command,
    "pure-ftpd": _pureftpd.command,
    "proftpd": _proftpd.command,
    "pyftpdlib": _pyftpdlib.command,
    "aioftp": _aioftp.command,
    "anyftp": _anyftp.command,
}
NAMES = tuple(_COMMANDS)

#: The type of the fixture `ftp_daemon`.
StartDaemon = Callable[..., Daemon]


def start(name: str, certificate: Certificate, **wanted: object) -> Daemon:
    """Start a server and wait until it greets; `wanted` are fields of `Setup`.

    Raises:
        Unavailable: the program is not here, or cannot do what is wanted.
    """
    setup = Setup.create(name, certificate, **wanted)
    try:
        return launch(setup, _COMMANDS[name](setup))
    except BaseException:
        setup.remove()
        raise
