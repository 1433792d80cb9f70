"""Fixtures that start other programs' servers, and ours as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.daemons import Certificate, Daemon, StartDaemon, Unavailable, start


@pytest.fixture(scope="session")
def certificate(certificate_files: tuple[Path, Path, Path]) -> Certificate:
    return Certificate(*certificate_files)


@pytest.fixture(scope="session")
def ftp_daemon(certificate: Certificate) -> Iterator[StartDaemon]:
    """Gives `ftp_daemon(name, tls=..., ...)`: that server, started once for all tests.

    A test takes a folder of its own on it, `daemon.folder()`. Where the server cannot be had, the
    test is skipped with the reason.
    """
    running: dict[tuple[object, ...], Daemon | str] = {}

    def get(name: str, **wanted: object) -> Daemon:
        key = (name, *sorted(wanted.items()))
        if key not in running:
            try:
                running[key] = start(name, certificate, **wanted)
            except Unavailable as error:
                running[key] = str(error)
        found = running[key]
        if isinstance(found, str):
            pytest.skip(found)
        return found

    yield get
    for daemon in running.values():
        if isinstance(daemon, Daemon):
            daemon.stop()
