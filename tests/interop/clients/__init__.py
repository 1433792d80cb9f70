"""Other programs' FTP clients, behind one small interface."""

from __future__ import annotations

from interop.clients._aioftp import AioFtp
from interop.clients._classic import InetutilsFtp, TnFtp
from interop.clients._curl import Curl
from interop.clients._duplicity import Duplicity
from interop.clients._fsspec import Fsspec
from interop.clients._ftplib import FtpLib
from interop.clients._gio import Gio
from interop.clients._interface import TLS, Absent, FtpClient, Mode, Place
from interop.clients._lftp import Lftp
from interop.clients._mc import Mc
from interop.clients._ncftp import NcFtp
from interop.clients._rclone import Rclone
from interop.clients._scripted import (
    BasicFtp,
    CommonsNet,
    Perl,
    Php,
    PromiseFtp,
    Ruby,
    Scripted,
)
from interop.clients._wget import Wget
from interop.clients._yafc import Yafc

__all__ = [
    "CLIENTS",
    "TLS",
    "Absent",
    "Curl",
    "Duplicity",
    "FtpClient",
    "Gio",
    "Lftp",
    "Mc",
    "Mode",
    "NcFtp",
    "Place",
    "Rclone",
    "Scripted",
    "Wget",
    "Yafc",
]

CLIENTS: dict[str, type[FtpClient]] = {
    "curl": Curl,
    "lftp": Lftp,
    "ftplib": FtpLib,
    "wget": Wget,
    "tnftp": TnFtp,
    "inetutils-ftp": InetutilsFtp,
    "ncftp": NcFtp,
    "aioftp": AioFtp,
    "fsspec": Fsspec,
    "php": Php,
    "ruby": Ruby,
    "perl": Perl,
    "commons-net": CommonsNet,
    "basic-ftp": BasicFtp,
    "promise-ftp": PromiseFtp,
    "rclone": Rclone,
    "yafc": Yafc,
}
