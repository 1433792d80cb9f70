"""`python -m anyftp_compat`: aioftp's small server, with one user and aioftp's options."""

import argparse
import asyncio
import contextlib
import logging
import socket

from ._ground._codes import RELEASE
from .pathio import AsyncPathIO, MemoryPathIO
from .server import Server, User

_FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6, "auto": socket.AF_UNSPEC}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="aioftp",
        usage="%(prog)s [options]",
        description="Simple aioftp-based server with one user (anonymous or not).",
    )
    add = parser.add_argument
    add("--user", metavar="LOGIN", dest="login", help="user name to login")
    add("--pass", metavar="PASSWORD", dest="password", help="password to login")
    add("-d", metavar="DIRECTORY", dest="home", help="the directory to share (default current)")
    add("-q", "--quiet", action="store_true", help="log errors only")
    add("--memory", action="store_true", help="use memory storage")
    add("--host", help="host for binding [default: %(default)s]")
    add("--port", type=int, default=2121, help="port for binding [default: %(default)s]")
    add("--family", choices=_FAMILIES, default="auto", help="[default: %(default)s]")
    return parser.parse_args()


def main() -> None:
    """Serve until interrupted."""
    told = _arguments()
    print(f"aioftp v{RELEASE}")  # noqa: T201  # as aioftp does
    logging.basicConfig(
        level=logging.ERROR if told.quiet else logging.INFO,
        format="%(asctime)s [%(name)s] %(message)s",
        datefmt="[%H:%M:%S]:",
    )
    user = User(told.login, told.password, base_path=told.home or ".")
    server = Server([user], path_io_factory=MemoryPathIO if told.memory else AsyncPathIO)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.run(told.host, told.port, family=_FAMILIES[told.family]))


if __name__ == "__main__":
    main()
