"""A pytest plugin: pyftpdlib's own functional tests meet our server.

The tests come from pyftpdlib's source archive. What they set on its handler class is read when our
server starts; of the texts that they expect in replies only the code is kept. Tests in
differences.toml are expected to fail, each with its reason; one that passes all the same fails the
run, and so does a row for which there is no test.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from anyftp import LocalFileSystem, Permission, Server, User

DIFFERENCES = Path(__file__).with_name("differences.toml")
USER, PASSWORD = "user", "12345"

#: How many there are in release 2.2.0: none may be lost on the way.
COUNT = 164
#: What stands for no limit of time.
_FOR_EVER = 3600.0

_CODE = re.compile(r"\(?([1-5][0-9]{2})")


class OurServer:
    """Stands where the tests expect pyftpdlib's server in a thread.

    Attributes:
        handler: pyftpdlib's class, whose attributes tests set and read.
        server: takes the limits that tests set on pyftpdlib's acceptor.
    """

    def __init__(self, addr: tuple[str, int] | None = None) -> None:
        from pyftpdlib.handlers import FTPHandler

        self.handler = FTPHandler
        self.server = type("Acceptor", (), {"max_cons": 0, "max_cons_per_ip": 0})()
        self.host, self.port = addr or ("127.0.0.1", 0)
        self._stack = contextlib.ExitStack()

    def start(self) -> None:
        """Serve the current folder, by what has been set so far."""
        portal = self._stack.enter_context(start_blocking_portal())
        ours = Server(_users(), **self._options())
        data = self.handler.dtp_handler
        ours.throttle.read.limit = getattr(data, "read_limit", 0) or None
        ours.throttle.write.limit = getattr(data, "write_limit", 0) or None

        async def serve(*, task_status: Any) -> None:
            await ours.serve(self.host, self.port, task_status=task_status)

        future, addresses = portal.start_task(serve)
        self._stack.callback(future.cancel)
        self.host, self.port = addresses[0][:2]

    def stop(self) -> None:
        self._stack.close()

    def _options(self) -> dict[str, Any]:
        handler = self.handler
        options: dict[str, Any] = {
            "login_delay": 0.0,
            "welcome": handler.banner,
            "idle_timeout": handler.timeout or _FOR_EVER,
            "stall_timeout": handler.dtp_handler.timeout or _FOR_EVER,
            "accept_timeout": handler.passive_dtp.timeout or _FOR_EVER,
            "max_login_failures": handler.max_login_attempts,
            "foreign_data_hosts": handler.permit_foreign_addresses,
            "max_connections": self.server.max_cons or 512,
            "max_connections_per_address": self.server.max_cons_per_ip or 512,
        }
        if handler.passive_ports is not None:
            options["passive_ports"] = list(handler.passive_ports)
        if handler.masquerade_address is not None:
            options["passive_host"] = handler.masquerade_address
        return options


def _users() -> list[User]:
    home = LocalFileSystem(os.getcwd())
    return [
        User(USER, PASSWORD, file_system=home),
        User(file_system=home, permissions=Permission.READ_ONLY),
    ]


def _only_codes(raises: Any) -> Any:
    """pytest.raises that looks at a reply's code, and at no text."""

    def raises_code(*args: Any, match: str | None = None, **options: Any) -> Any:
        code = None if match is None else _CODE.match(match)
        return raises(*args, match=None if code is None else f"^{code[1]}", **options)

    return raises_code


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Put ours into the package from which the module of the tests is about to import."""
    pytest.raises = _only_codes(pytest.raises)
    sys.path.insert(0, str(module_path.parent.parent))
    import tests

    tests.FtpdThreadWrapper = OurServer  # type: ignore[attr-defined]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the listed tests to fail."""
    rows = tomllib.loads(DIFFERENCES.read_text("utf-8"))["difference"]
    left = {test: row["reason"] for row in rows for test in row["tests"]}
    found = set()
    for item in items:
        name = item.nodeid.partition("::")[2]
        if name in left:
            found.add(name)
            item.add_marker(pytest.mark.xfail(reason=left[name], strict=True))
    if missing := sorted(left.keys() - found):
        raise pytest.UsageError(f"no such tests: {', '.join(missing)}")
    if len(items) != COUNT:
        raise pytest.UsageError(f"{len(items)} tests were found instead of {COUNT}")
