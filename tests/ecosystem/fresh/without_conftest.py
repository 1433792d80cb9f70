"""A test of somebody's own, where nothing but `anyftp[pytest]` is installed (`nox -s fresh`)."""

from __future__ import annotations

import ftplib
import io
from typing import Any


def test_upload(ftp_server: Any) -> None:
    with ftplib.FTP() as client:
        client.connect(ftp_server.host, ftp_server.port)
        client.login(ftp_server.user, ftp_server.password)
        client.storbinary("STOR /one", io.BytesIO(b"one"))
    assert ftp_server.names("/") == ["one"]
    assert ftp_server.get("/one") == b"one"
