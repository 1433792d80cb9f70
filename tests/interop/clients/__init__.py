"""Other programs' FTP clients, behind one small interface."""

from __future__ import annotations

from interop.clients._curl import Curl
from interop.clients._ftplib import FtpLib
from interop.clients._interface import Absent, FtpClient, Place
from interop.clients._lftp import Lftp

__all__ = ["CLIENTS", "Absent", "Curl", "FtpClient", "FtpLib", "Lftp", "Place"]

CLIENTS: dict[str, type[FtpClient]] = {"curl": Curl, "lftp": Lftp, "ftplib": FtpLib}
