"""A server in a process of its own, and who talks to it."""

from __future__ import annotations

import ftplib
import re
import subprocess
from typing import Any

from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._settings import Settings
from cli.running import PATIENCE

BACKENDS = ("asyncio", "trio")


def settings(*arguments: str) -> Settings:
    with serve.make_context("serve", list(arguments)) as ctx:
        return Settings.of(ctx)


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    found = re.search(r":(\d+)/", process.stdout.readline())
    assert found
    return int(found[1])


def client(port: int, kind: type[ftplib.FTP] = ftplib.FTP, **more: Any) -> ftplib.FTP:
    ftp = kind(**more)
    ftp.connect("127.0.0.1", port, timeout=PATIENCE)
    ftp.login("alice", "wonder")
    return ftp
